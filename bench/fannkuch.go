// group: compute

// Greatest number of prefix reversals that bring 1 to the front, over all permutations of n, with an alternating checksum.
package main

func fannkuch(n int) (checksum, maxFlips int) {
	perm, first, count := make([]int, n), make([]int, n), make([]int, n)
	for i := range first {
		first[i] = i
	}
	r, even := n, true
	for {
		for ; r != 1; r-- {
			count[r-1] = r
		}
		copy(perm, first)
		flips := 0
		for k := perm[0]; k != 0; k = perm[0] {
			for i, j := 0, k; i < j; i, j = i+1, j-1 {
				perm[i], perm[j] = perm[j], perm[i]
			}
			flips++
		}
		if flips > maxFlips {
			maxFlips = flips
		}
		if even {
			checksum += flips
		} else {
			checksum -= flips
		}
		for {
			if r == n {
				return
			}
			head := first[0]
			for i := 0; i < r; i++ {
				first[i] = first[i+1]
			}
			first[r] = head
			count[r]--
			if count[r] > 0 {
				break
			}
			r++
		}
		even = !even
	}
}

func main() {
	checksum, flips := fannkuch(11)
	println(checksum, flips)
}
