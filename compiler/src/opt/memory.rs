//! Which memory operations may touch the same bytes, and what memory is known to hold.
//!
//! An address has a *base* (a value, behind constant offsets) and an *object* (what the base was computed from). Two accesses are apart if they
//! have the same base and disjoint offsets, or different identified objects, or if one object's address never left the function (it is
//! *private*) and the other access does not come from it.

use crate::ir::hash::{FastMap, FastSet};
use crate::ir::{Function, Inst, Mem, Op, Slot, Symbol, Value};

/// What an address points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Object {
    Slot(Slot),
    New(Value),
    Global(Symbol),
    Unknown,
}

/// A range of bytes.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub base: Value,
    pub offset: i64,
    /// `i64::MAX` if not known.
    pub bytes: i64,
    pub object: Object,
}

impl Place {
    /// The bytes behind an address.
    pub fn of(func: &Function, resolve: &dyn Fn(Value) -> Value, address: Value, offset: u32, bytes: i64) -> Place {
        let (mut base, mut offset) = (resolve(address), i64::from(offset));
        while let Some(inst) = func.def_inst(base)
            && let Op::PtrAdd(n) = func.op(inst)
        {
            offset += i64::from(n);
            base = resolve(func.args(inst)[0]);
        }
        Place { base, offset, bytes, object: object_of(func, resolve, base) }
    }
}

/// The object that a pointer was computed from.
pub fn object_of(func: &Function, resolve: &dyn Fn(Value) -> Value, value: Value) -> Object {
    let mut v = resolve(value);
    loop {
        let Some(inst) = func.def_inst(v) else { return Object::Unknown };
        match func.op(inst) {
            Op::PtrAdd(_) | Op::PtrIndex(_) => v = resolve(func.args(inst)[0]),
            Op::SlotAddr(slot) => return Object::Slot(slot),
            Op::New { .. } => return Object::New(v),
            Op::GlobalAddr(symbol, _) => return Object::Global(symbol),
            _ => return Object::Unknown,
        }
    }
}

/// The functions in the first words of objects that are made here: what they call as closures. `None` if several are stored there. The first
/// word of a closure is written once, when it is made, although calls seem to be able to change it.
pub fn closure_codes(func: &Function) -> FastMap<Object, Option<Symbol>> {
    let mut codes: FastMap<Object, Option<Symbol>> = FastMap::default();
    let identity = |v: Value| v;
    for block in func.blocks() {
        for inst in &func.block(block).insts {
            let Op::Store { offset, .. } = func.op(*inst) else { continue };
            let args = func.args(*inst);
            let place = Place::of(func, &identity, args[0], offset, 1);
            if place.offset != 0 || !matches!(place.object, Object::Slot(_) | Object::New(_)) {
                continue;
            }
            let mut at = args[1];
            while let Some(conv) = func.def_inst(at)
                && matches!(func.op(conv), Op::Conv(_))
            {
                at = func.args(conv)[0];
            }
            let code = match func.def_op(at) {
                Some(Op::TableIndex(f)) => Some(f),
                _ => None,
            };
            codes.entry(place.object).and_modify(|f| *f = f.filter(|f| Some(*f) == code)).or_insert(code);
        }
    }
    codes
}

/// Slots and new objects whose address is only used to address memory in this function. Slots of the defer machinery count: the runtime
/// changes them only when a panic unwinds, and then what follows a call here does not run.
#[derive(Default)]
pub struct Private {
    objects: FastSet<Object>,
}

impl Private {
    pub fn find(func: &Function) -> Private {
        let mut objects = FastSet::default();
        let mut leaked = FastSet::default();
        let identity = |v: Value| v;
        let mut leak = |v: Value| {
            if let object @ (Object::Slot(_) | Object::New(_)) = object_of(func, &identity, v) {
                leaked.insert(object);
            }
        };
        for block in func.blocks() {
            for inst in &func.block(block).insts {
                let args = func.args(*inst);
                match func.op(*inst) {
                    Op::SlotAddr(slot) => {
                        objects.insert(Object::Slot(slot));
                    }
                    Op::New { .. } => {
                        objects.insert(Object::New(func.result(*inst)));
                    }
                    op => op.leaks(args).iter().for_each(|v| leak(*v)),
                }
            }
            func.for_each_term_use(block, &mut leak);
        }
        for object in leaked {
            objects.remove(&object);
        }
        Private { objects }
    }

    pub fn contains(&self, object: Object) -> bool {
        self.objects.contains(&object)
    }

    /// Whether two places may overlap.
    pub fn may_alias(&self, a: &Place, b: &Place) -> bool {
        if a.base == b.base {
            return a.offset < b.offset.saturating_add(b.bytes) && b.offset < a.offset.saturating_add(a.bytes);
        }
        match (a.object, b.object) {
            (Object::Unknown, Object::Unknown) => true,
            (Object::Unknown, known) | (known, Object::Unknown) => !self.contains(known),
            (x, y) => x == y,
        }
    }
}

/// What an instruction may write.
pub enum Clobber {
    Nothing,
    Place(Place),
    /// All memory but private objects.
    Shared,
}

/// What an instruction may write.
pub fn clobber(func: &Function, resolve: &dyn Fn(Value) -> Value, inst: Inst) -> Clobber {
    let args = func.args(inst);
    match func.op(inst) {
        Op::Store { mem, offset } => Clobber::Place(Place::of(func, resolve, args[0], offset, mem.bytes().into())),
        Op::MemZero { bytes } | Op::MemCopy { bytes } => Clobber::Place(Place::of(func, resolve, args[0], 0, bytes.into())),
        Op::MemMove | Op::MemClear => Clobber::Place(Place::of(func, resolve, args[0], 0, i64::MAX)),
        op if op.effects().writes => Clobber::Shared,
        _ => Clobber::Nothing,
    }
}

/// A location with its known contents.
#[derive(Clone, Copy, Debug)]
struct Entry {
    place: Place,
    mem: Mem,
    value: Value,
}

/// Known contents of memory at a point of the program.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    entries: Vec<Entry>,
}

/// More entries are not worth the search.
const MAX_ENTRIES: usize = 48;

impl Contents {
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The value at a place, if it was stored or loaded in the same form.
    pub fn get(&self, place: &Place, mem: Mem) -> Option<Value> {
        self.entries.iter().rev().find(|e| e.place.base == place.base && e.place.offset == place.offset && e.mem == mem).map(|e| e.value)
    }

    pub fn set(&mut self, place: Place, mem: Mem, value: Value) {
        if self.entries.len() >= MAX_ENTRIES {
            self.entries.remove(0);
        }
        self.entries.push(Entry { place, mem, value });
    }

    /// Forgets what an instruction may overwrite.
    pub fn apply(&mut self, clobber: &Clobber, private: &Private) {
        match clobber {
            Clobber::Nothing => {}
            Clobber::Place(place) => self.entries.retain(|e| !private.may_alias(&e.place, place)),
            Clobber::Shared => self.entries.retain(|e| private.contains(e.place.object)),
        }
    }
}
