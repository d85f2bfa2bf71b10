//! The text form, read. The grammar is in the essay of [`ir`](super); `//` begins a comment.
//!
//! Values and blocks are numbered anew in the order of the text, so that a function printed after [`Function::compact`] reads back to the
//! same text.

use std::collections::HashMap;

use super::build::{rt_index, scalar_type};
use super::func::{DeferInfo, Function, PointerMap, SlotData};
use super::inst::{BinOp, BoundsKind, Case, CmpOp, ConvOp, Edge, Mem, Op, RmwOp, Terminator, UnOp};
use super::module::{Layout, Module};
use super::value::{Block, InlinedCall, Inst, Slot, SrcLoc, Symbol, Type, Value};

/// Reads a module.
///
/// # Errors
/// The first mistake, with its line.
pub fn parse_module(text: &str) -> Result<Module, String> {
    let tokens = lex(text)?;
    let mut parser = Parser { tokens, at: 0, module: Module::default() };
    while let Some(token) = parser.peek() {
        match token.clone() {
            Token::Word(word) if word == "func" => {
                let func = parser.func()?;
                parser.module.add_func(func);
            }
            Token::Word(word) if word == "layout" => parser.layout()?,
            other => return Err(parser.wrong(&format!("a function or layout, not {other:?}"))),
        }
    }
    Ok(parser.module)
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Symbol(String),
    Number(i64),
    Mark(&'static str),
}

const MARKS: [&str; 13] = ["->", "(", ")", "{", "}", "[", "]", ",", ":", "=", "+", "*", "!"];

fn lex(text: &str) -> Result<Vec<(Token, u32)>, String> {
    let mut tokens = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let number = number as u32 + 1;
        let mut rest = line.trim_start();
        while !rest.is_empty() && !rest.starts_with("//") {
            let (token, used) = lex_one(rest).ok_or_else(|| format!("line {number}: cannot read {rest:?}"))?;
            tokens.push((token, number));
            rest = rest[used..].trim_start();
        }
    }
    Ok(tokens)
}

fn lex_one(text: &str) -> Option<(Token, usize)> {
    let run = |from: usize, ok: &dyn Fn(char) -> bool| from + text[from..].find(|c| !ok(c)).unwrap_or(text.len() - from);
    let first = text.chars().next()?;
    if let Some(quoted) = text.strip_prefix("@\"") {
        let mut name = String::new();
        let mut chars = quoted.char_indices();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => return Some((Token::Symbol(name), i + 3)),
                '\\' => name.push(chars.next()?.1),
                _ => name.push(c),
            }
        }
        return None;
    }
    if first == '@' {
        let end = run(1, &|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$' | '/' | ':' | '-'));
        return Some((Token::Symbol(text[1..end].into()), end));
    }
    if first.is_ascii_digit() || (first == '-' && text[1..].starts_with(|c: char| c.is_ascii_digit())) {
        if let Some(hex) = text.strip_prefix("0x") {
            let end = run(2, &|c| c.is_ascii_hexdigit());
            return Some((Token::Number(u64::from_str_radix(&hex[..end - 2], 16).ok()? as i64), end));
        }
        let end = run(1, &|c| c.is_ascii_digit());
        return Some((Token::Number(text[..end].parse().ok()?), end));
    }
    if first.is_ascii_alphabetic() || first == '_' {
        let end = run(0, &|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
        return Some((Token::Word(text[..end].into()), end));
    }
    MARKS.iter().find(|m| text.starts_with(**m)).map(|m| (Token::Mark(m), m.len()))
}

type Result<T, E = String> = std::result::Result<T, E>;

/// An operation, the numbers of its operands, and the types of its results.
type Operation = (Op, Vec<u32>, Vec<Type>);

struct Parser {
    tokens: Vec<(Token, u32)>,
    at: usize,
    module: Module,
}

/// Names of the function being read, and what waits until all are known.
#[derive(Default)]
struct Names {
    values: HashMap<u32, Value>,
    blocks: HashMap<u32, Block>,
    insts: Vec<(Inst, Vec<u32>)>,
    terms: Vec<(Block, Term)>,
}

enum Term {
    Jump(Target),
    Branch(u32, Target, Target),
    Switch(u32, Vec<(i64, Target)>, Target),
    Return(Vec<u32>),
    Unreachable,
}

struct Target {
    block: u32,
    args: Vec<u32>,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|t| &t.0)
    }

    fn wrong(&self, expected: &str) -> String {
        let (line, found) = match self.tokens.get(self.at).or(self.tokens.last()) {
            Some((token, line)) => (*line, format!("{token:?}")),
            None => (0, "nothing".into()),
        };
        format!("line {line}: expected {expected} near {found}")
    }

    fn eat(&mut self, mark: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Mark(m)) if *m == mark);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, mark: &str) -> Result<()> {
        if self.eat(mark) { Ok(()) } else { Err(self.wrong(mark)) }
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(w)) if w == word);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self) -> Result<String> {
        match self.peek() {
            Some(Token::Word(w)) => {
                let w = w.clone();
                self.at += 1;
                Ok(w)
            }
            _ => Err(self.wrong("a word")),
        }
    }

    fn number(&mut self) -> Result<i64> {
        match self.peek() {
            Some(Token::Number(n)) => {
                let n = *n;
                self.at += 1;
                Ok(n)
            }
            _ => Err(self.wrong("a number")),
        }
    }

    fn unsigned(&mut self) -> Result<u32> {
        u32::try_from(self.number()?).map_err(|_| self.wrong("a 32-bit number"))
    }

    fn symbol(&mut self) -> Result<Symbol> {
        match self.peek() {
            Some(Token::Symbol(name)) => {
                let name = name.clone();
                self.at += 1;
                Ok(self.module.symbols.intern(&name))
            }
            _ => Err(self.wrong("a symbol")),
        }
    }

    /// `v12`, `b3`, `s0`: the number behind the letter.
    fn numbered(&mut self, letter: char) -> Result<u32> {
        let word = self.word()?;
        word.strip_prefix(letter).and_then(|n| n.parse().ok()).ok_or_else(|| self.wrong(&format!("{letter}N, not {word}")))
    }

    fn type_(&mut self) -> Result<Type> {
        let word = self.word()?;
        Type::parse(&word).ok_or_else(|| self.wrong("a type"))
    }

    fn types(&mut self) -> Result<Vec<Type>> {
        let mut types = Vec::new();
        self.expect("(")?;
        while !self.eat(")") {
            types.push(self.type_()?);
            self.eat(",");
        }
        Ok(types)
    }

    fn results(&mut self) -> Result<Vec<Type>> {
        if self.eat("->") { self.types() } else { Ok(Vec::new()) }
    }

    fn loc(&mut self) -> Result<SrcLoc> {
        if !self.eat("!") {
            return Ok(SrcLoc::default());
        }
        let file = self.unsigned()?;
        self.expect(":")?;
        let line = self.unsigned()?;
        let inline = if self.eat(":") { self.unsigned()? } else { 0 };
        Ok(SrcLoc { file, line, inline })
    }

    /// `name=`
    fn key(&mut self, name: &str) -> Result<bool> {
        if !self.eat_word(name) {
            return Ok(false);
        }
        self.expect("=")?;
        Ok(true)
    }

    fn pointers(&mut self) -> Result<PointerMap> {
        let mut map = PointerMap::none();
        if self.key("ptrs")? {
            map.set(self.unsigned()?);
            while self.eat(",") {
                map.set(self.unsigned()?);
            }
        }
        Ok(map)
    }

    fn bytes_align(&mut self) -> Result<(u32, u32)> {
        if !self.key("bytes")? {
            return Err(self.wrong("bytes="));
        }
        let bytes = self.unsigned()?;
        if !self.key("align")? {
            return Err(self.wrong("align="));
        }
        Ok((bytes, self.unsigned()?))
    }

    fn layout(&mut self) -> Result<()> {
        self.at += 1;
        let ty = self.symbol()?;
        let (bytes, align) = self.bytes_align()?;
        let pointers = self.pointers()?;
        self.module.layouts.insert(ty, Layout { bytes, align, pointers });
        Ok(())
    }

    fn func(&mut self) -> Result<Function> {
        self.at += 1;
        let name = self.symbol()?;
        let params = self.types()?;
        let results = self.results()?;
        let sig = self.module.sigs.intern(&params, &results);
        let mut func = Function::new(name, sig, &[]);
        while let Some(Token::Word(word)) = self.peek() {
            let word = word.clone();
            *func.attrs.by_name(&word).ok_or_else(|| self.wrong("an attribute"))? = true;
            self.at += 1;
        }
        func.loc = self.loc()?;
        self.expect("{")?;
        while self.eat_word("inline") {
            self.unsigned()?;
            let callee = self.symbol()?;
            let call = self.loc()?;
            func.inlines.push(InlinedCall { func: callee, call });
        }
        while self.eat_word("slot") {
            self.numbered('s')?;
            let (bytes, align) = self.bytes_align()?;
            let pointers = self.pointers()?;
            let volatile = self.eat_word("volatile");
            func.add_slot(SlotData { bytes, align, pointers, volatile });
        }
        if self.eat_word("defer") {
            let mut defer = DeferInfo::default();
            if self.key("mask")? {
                defer.mask = Some(Slot(self.numbered('s')?));
            }
            if self.key("closures")? {
                defer.closures = Some(Slot(self.numbered('s')?));
            }
            if self.key("count")? {
                defer.count = self.unsigned()?;
            }
            if self.key("list")? {
                defer.list = Some(Slot(self.numbered('s')?));
            }
            func.defer = Some(defer);
        }
        let mut names = Names::default();
        let mut first = true;
        while !self.eat("}") {
            let block = if std::mem::take(&mut first) { func.entry } else { func.add_block() };
            self.block(&mut func, block, &mut names)?;
        }
        self.connect(&mut func, names)?;
        Ok(func)
    }

    fn block(&mut self, func: &mut Function, block: Block, names: &mut Names) -> Result<()> {
        let number = self.numbered('b')?;
        if names.blocks.insert(number, block).is_some() {
            return Err(self.wrong(&format!("only one b{number}")));
        }
        if self.eat("(") {
            while !self.eat(")") {
                let number = self.numbered('v')?;
                self.expect(":")?;
                let ty = self.type_()?;
                names.values.insert(number, func.add_param(block, ty));
                self.eat(",");
            }
        }
        if self.eat_word("recover") {
            func.recover = Some(block);
        }
        self.expect(":")?;
        loop {
            if let Some(term) = self.terminator()? {
                func.block_mut(block).term_loc = self.loc()?;
                names.terms.push((block, term));
                return Ok(());
            }
            self.inst(func, block, names)?;
        }
    }

    fn value_list(&mut self) -> Result<Vec<u32>> {
        let mut list = Vec::new();
        self.expect("(")?;
        while !self.eat(")") {
            list.push(self.numbered('v')?);
            self.eat(",");
        }
        Ok(list)
    }

    fn target(&mut self) -> Result<Target> {
        let block = self.numbered('b')?;
        let args = if matches!(self.peek(), Some(Token::Mark("("))) { self.value_list()? } else { Vec::new() };
        Ok(Target { block, args })
    }

    fn terminator(&mut self) -> Result<Option<Term>> {
        if self.eat_word("jump") {
            return Ok(Some(Term::Jump(self.target()?)));
        }
        if self.eat_word("branch") {
            let cond = self.numbered('v')?;
            self.expect(",")?;
            let then = self.target()?;
            self.expect(",")?;
            return Ok(Some(Term::Branch(cond, then, self.target()?)));
        }
        if self.eat_word("switch") {
            let value = self.numbered('v')?;
            let mut cases = Vec::new();
            self.expect("[")?;
            while !self.eat("]") {
                let n = self.number()?;
                self.expect("->")?;
                cases.push((n, self.target()?));
                self.eat(",");
            }
            return Ok(Some(Term::Switch(value, cases, self.target()?)));
        }
        if self.eat_word("return") {
            let mut list = Vec::new();
            // A block or the end of the function follows; neither looks like a value.
            while matches!(self.peek(), Some(Token::Word(w)) if w.starts_with('v')) {
                list.push(self.numbered('v')?);
                self.eat(",");
            }
            return Ok(Some(Term::Return(list)));
        }
        Ok(self.eat_word("unreachable").then_some(Term::Unreachable))
    }

    fn inst(&mut self, func: &mut Function, block: Block, names: &mut Names) -> Result<()> {
        let mut results = Vec::new();
        let is_result = |t: Option<&Token>| matches!(t, Some(Token::Word(w)) if w.starts_with('v') && w[1..].parse::<u32>().is_ok());
        while is_result(self.peek()) {
            results.push(self.numbered('v')?);
            self.eat(",");
        }
        if !results.is_empty() {
            self.expect("=")?;
        }
        let (op, args, types) = self.operation()?;
        if types.len() != results.len() {
            return Err(self.wrong(&format!("{} results of {op:?}", types.len())));
        }
        let loc = self.loc()?;
        let inst = func.push_inst(block, op, &[], &types, loc);
        for (number, value) in results.into_iter().zip(func.results(inst)) {
            if names.values.insert(number, value).is_some() {
                return Err(self.wrong(&format!("only one v{number}")));
            }
        }
        names.insts.push((inst, args));
        Ok(())
    }

    fn args(&mut self) -> Result<Vec<u32>> {
        let mut args = vec![self.numbered('v')?];
        while matches!((self.peek(), self.tokens.get(self.at + 1)), (Some(Token::Mark(",")), Some((Token::Word(w), _))) if w.starts_with('v')) {
            self.at += 1;
            args.push(self.numbered('v')?);
        }
        Ok(args)
    }

    fn operation(&mut self) -> Result<Operation> {
        let word = self.word()?;
        let (name, part) = word.split_once('.').unwrap_or((&word, ""));
        let wrong = |p: &Parser| p.wrong(&format!("an operation, not {word}"));
        let plain = match &*word {
            "mem_move" => Some(Op::MemMove),
            "mem_clear" => Some(Op::MemClear),
            "nil_check" => Some(Op::NilCheck),
            "div_check" => Some(Op::DivCheck),
            "shift_check" => Some(Op::ShiftCheck),
            "forward_defer" => Some(Op::ForwardDefer),
            "mark_deferred" => Some(Op::MarkDeferred),
            "keep_alive" => Some(Op::KeepAlive),
            _ => None,
        };
        if let Some(op) = plain {
            return Ok((op, self.args()?, vec![]));
        }
        if let Some(op) = ConvOp::parse(&word) {
            return Ok((Op::Conv(op), self.args()?, vec![op.types().1]));
        }
        match name {
            "recover_flag" => return Ok((Op::RecoverFlag, vec![], vec![Type::I32])),
            "poll" => return Ok((Op::Poll, vec![], vec![])),
            "const" => {
                let ty = Type::parse(part).ok_or_else(|| wrong(self))?;
                let n = self.number()?;
                let op = match ty {
                    Type::F32 => Op::F32Const(n as u32),
                    Type::F64 => Op::F64Const(n as u64),
                    _ => Op::Const(ty, n),
                };
                return Ok((op, vec![], vec![ty]));
            }
            "global_addr" => {
                let symbol = self.symbol()?;
                let offset = if self.eat(",") { self.number()? as i32 } else { 0 };
                return Ok((Op::GlobalAddr(symbol, offset), vec![], vec![Type::Ptr]));
            }
            "func_addr" => return Ok((Op::FuncAddr(self.symbol()?), vec![], vec![Type::Ptr])),
            "table_index" => return Ok((Op::TableIndex(self.symbol()?), vec![], vec![Type::I32])),
            "slot_addr" => return Ok((Op::SlotAddr(Slot(self.numbered('s')?)), vec![], vec![Type::Ptr])),
            "ptr_add" => {
                let args = self.args()?;
                self.expect(",")?;
                return Ok((Op::PtrAdd(self.number()? as i32), args, vec![Type::Ptr]));
            }
            "ptr_index" => {
                let args = self.args()?;
                self.expect(",")?;
                self.expect("*")?;
                return Ok((Op::PtrIndex(self.unsigned()?), args, vec![Type::Ptr]));
            }
            "mem_copy" | "mem_zero" | "mem_equal" => {
                let args = self.args()?;
                self.expect(",")?;
                let bytes = self.unsigned()?;
                return Ok(match name {
                    "mem_copy" => (Op::MemCopy { bytes }, args, vec![]),
                    "mem_zero" => (Op::MemZero { bytes }, args, vec![]),
                    _ => (Op::MemEqual { bytes }, args, vec![Type::I32]),
                });
            }
            "new" => {
                let ty = self.symbol()?;
                self.expect(",")?;
                let bytes = self.unsigned()?;
                let (mut args, mut noscan) = (Vec::new(), false);
                while self.eat(",") {
                    if self.eat_word("noscan") {
                        noscan = true;
                    } else {
                        args.push(self.numbered('v')?);
                    }
                }
                return Ok((Op::New { bytes, ty, noscan }, args, vec![Type::Ptr]));
            }
            "bounds_check" => {
                let (kind, unsigned) = match part.strip_suffix(".u") {
                    Some(kind) => (kind, true),
                    None => (part, false),
                };
                let kind = BoundsKind::parse(kind).ok_or_else(|| wrong(self))?;
                return Ok((Op::BoundsCheck { kind, unsigned }, self.args()?, vec![]));
            }
            "call" | "call_closure" | "call_interface" | "call_indirect" | "call_rt" => return self.call(name),
            _ => {}
        }
        if let Some(result) = self.memory_operation(name, part)? {
            return Ok(result);
        }
        let ty = Type::parse(part).ok_or_else(|| wrong(self))?;
        let (op, result) = if let Some(op) = BinOp::parse(name) {
            (Op::Bin(op, ty), ty)
        } else if let Some(op) = UnOp::parse(name) {
            (Op::Un(op, ty), ty)
        } else if let Some(op) = CmpOp::parse(name) {
            (Op::Cmp(op, ty), Type::I32)
        } else if name == "select" {
            (Op::Select(ty), ty)
        } else {
            return Err(wrong(self));
        };
        Ok((op, self.args()?, vec![result]))
    }

    fn memory_operation(&mut self, name: &str, part: &str) -> Result<Option<Operation>> {
        let (invariant, part) = match part.strip_prefix("inv.") {
            Some(rest) => (true, rest),
            None => (false, part),
        };
        let rmw = name.strip_prefix("atomic_").and_then(RmwOp::parse);
        if !matches!(name, "load" | "store" | "atomic_load" | "atomic_store" | "atomic_cas") && rmw.is_none() {
            return Ok(None);
        }
        let mem = Mem::parse(part).ok_or_else(|| self.wrong("a kind of memory"))?;
        let mut args = vec![self.numbered('v')?];
        let offset = if self.eat("+") { self.unsigned()? } else { 0 };
        while self.eat(",") {
            args.push(self.numbered('v')?);
        }
        Ok(Some(match name {
            "load" => (Op::Load { mem, offset, invariant }, args, vec![mem.ty()]),
            "store" => (Op::Store { mem, offset }, args, vec![]),
            "atomic_load" => (Op::AtomicLoad { mem, offset }, args, vec![mem.ty()]),
            "atomic_store" => (Op::AtomicStore { mem, offset }, args, vec![]),
            "atomic_cas" => (Op::AtomicCas { mem, offset }, args, vec![mem.ty()]),
            _ => match rmw {
                Some(op) => (Op::AtomicRmw { op, mem, offset }, args, vec![mem.ty()]),
                None => return Ok(None),
            },
        }))
    }

    /// The signature of a call is made in [`Parser::connect`], when the types of the arguments are known.
    fn call(&mut self, name: &str) -> Result<Operation> {
        let sig = super::value::Sig(0);
        if name == "call_rt" {
            let entry = self.word()?;
            let index = rt_index(&entry).ok_or_else(|| self.wrong("a runtime entry"))?;
            let results = warren_abi::entry::ENTRIES[index as usize].results.iter().map(|s| scalar_type(*s)).collect();
            return Ok((Op::CallRt(index), self.value_list()?, results));
        }
        if name == "call" {
            let func = self.symbol()?;
            return Ok((Op::Call { func, sig }, self.value_list()?, self.results()?));
        }
        let family = if name == "call_interface" { self.symbol()? } else { super::value::Symbol(0) };
        let word = self.word()?;
        let (target, method) = word.split_once('.').unwrap_or((&word, "0"));
        let first = target.strip_prefix('v').and_then(|n| n.parse().ok()).ok_or_else(|| self.wrong("a value"))?;
        let op = match name {
            "call_closure" => Op::CallClosure { sig },
            "call_indirect" => Op::CallIndirect { sig },
            _ => Op::CallInterface { sig, method: method.parse().map_err(|_| self.wrong("a method number"))?, family },
        };
        let mut args = vec![first];
        args.extend(self.value_list()?);
        Ok((op, args, self.results()?))
    }

    /// Fills in operands and terminators.
    fn connect(&mut self, func: &mut Function, names: Names) -> Result<()> {
        let name = self.module.symbols.name(func.name).to_owned();
        let value = |n: &u32| names.values.get(n).copied().ok_or_else(|| format!("{name}: no v{n}"));
        let values = |list: &[u32]| list.iter().map(value).collect::<Result<Vec<Value>>>();
        for (inst, args) in &names.insts {
            let args = values(args)?;
            let types: Vec<Type> = args.iter().map(|v| func.ty(*v)).collect();
            let results: Vec<Type> = func.results(*inst).map(|v| func.ty(v)).collect();
            let op = match func.op(*inst) {
                Op::Call { func, .. } => Op::Call { func, sig: self.module.sigs.intern(&types, &results) },
                Op::CallClosure { .. } => Op::CallClosure { sig: self.module.sigs.intern(&types, &results) },
                Op::CallInterface { method, family, .. } => Op::CallInterface { sig: self.module.sigs.intern(&types[1..], &results), method, family },
                Op::CallIndirect { .. } => Op::CallIndirect { sig: self.module.sigs.intern(&types[1..], &results) },
                op => op,
            };
            func.replace_op(*inst, op, &args);
        }
        let edge = |func: &mut Function, target: &Target| -> Result<Edge> {
            let block = *names.blocks.get(&target.block).ok_or_else(|| format!("{name}: no b{}", target.block))?;
            Ok(func.edge(block, &values(&target.args)?))
        };
        for (block, term) in &names.terms {
            let term = match term {
                Term::Jump(target) => Terminator::Jump(edge(func, target)?),
                Term::Branch(cond, then, other) => Terminator::Branch { cond: value(cond)?, then: edge(func, then)?, other: edge(func, other)? },
                Term::Switch(n, cases, default) => {
                    let list = cases.iter().map(|(n, t)| Ok(Case { value: *n, edge: edge(func, t)? })).collect::<Result<_>>()?;
                    Terminator::Switch { value: value(n)?, cases: list, default: edge(func, default)? }
                }
                Term::Return(list) => Terminator::Return(func.add_list(&values(list)?)),
                Term::Unreachable => Terminator::Unreachable,
            };
            func.block_mut(*block).term = term;
        }
        Ok(())
    }
}
