//! Which functions have a single copy, and their outermost loops, which it keeps free of thawing (see [`super::graph`]).

use super::form::{Form, NONE};
use crate::freeze::suspend::components;
use crate::ir::{Block, Inst};

/// Functions with fewer instructions outside loops have two copies: there is little to be gained, as the code of loops is there twice anyway, and
/// what runs often is small or a loop. A site counts for several instructions.
const MIN_WEIGHT: usize = 195;
const SITE_WEIGHT: usize = 4;

/// Outermost loops of a function.
pub struct Loops {
    /// By block, [`NONE`] outside.
    of: Vec<u32>,
    /// By loop: the one block through which it is entered; none if there are several.
    headers: Vec<Option<Block>>,
}

impl Loops {
    /// The loops of a function that gets a single copy.
    pub fn of_single(form: &Form<'_>) -> Option<Loops> {
        form.resumable().next()?;
        let loops = Loops::find(form);
        let outside = || form.order.iter().filter(|block| loops.of(**block).is_none());
        let folded = |inst: &&Inst| form.folded[inst.index()];
        let written = |block: &Block| form.roots[block.index()].len() + form.func.block(*block).insts.iter().filter(folded).count();
        let sites = form.sites.iter().filter(|site| loops.of(site.block).is_none()).count();
        (outside().map(written).sum::<usize>() + SITE_WEIGHT * sites >= MIN_WEIGHT).then_some(loops)
    }

    fn find(form: &Form<'_>) -> Loops {
        let func = form.func;
        let mut edges: Vec<Vec<u32>> = vec![Vec::new(); func.block_count()];
        for &block in &form.order {
            edges[block.index()] = func.successors(block).map(|next| next.0).collect();
        }
        let component = components(&edges);
        let mut size = vec![0u32; func.block_count()];
        for &number in &component {
            size[number as usize] += 1;
        }
        let cyclic = |block: Block| size[component[block.index()] as usize] > 1 || edges[block.index()].contains(&block.0);
        let mut of = vec![NONE; func.block_count()];
        for &block in form.order.iter().filter(|block| cyclic(**block)) {
            of[block.index()] = component[block.index()];
        }
        let mut entries: Vec<Vec<Block>> = vec![Vec::new(); func.block_count()];
        let mut note = |from: u32, to: Block| {
            let inside = of[to.index()];
            if inside != NONE && inside != from && !entries[inside as usize].contains(&to) {
                entries[inside as usize].push(to);
            }
        };
        for root in func.roots() {
            note(NONE, root);
        }
        for &block in &form.order {
            for next in func.successors(block) {
                note(of[block.index()], next);
            }
        }
        let headers = entries.into_iter().map(|list| if let [one] = list[..] { Some(one) } else { None }).collect();
        Loops { of, headers }
    }

    /// The loop that a block is in.
    pub fn of(&self, block: Block) -> Option<u32> {
        let inside = self.of[block.index()];
        (inside != NONE).then_some(inside)
    }

    pub fn header(&self, inside: u32) -> Option<Block> {
        self.headers[inside as usize]
    }
}
