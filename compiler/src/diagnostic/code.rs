//! Codes: what kind of error a diagnostic of the type checker is, whatever its words.
//!
//! Names and numbers are those of Go's `internal/types/errors`, so that editors and other tools may treat both compilers alike. Like the go command,
//! the `warren` command prints messages only, unless asked for codes too (`-codes`). Errors of syntax and of Go's back end have none.

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// The kind of an error that the type checker finds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name = $number,)*
        }

        impl Code {
            /// All of them, in the order of their numbers.
            pub const ALL: &[Code] = &[$(Code::$name,)*];

            /// The name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Code::$name => stringify!($name),)*
                }
            }
        }
    };
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

codes! {
    /// A tree that the parser should not have built.
    InvalidSyntaxTree = -1,
    /// A test function of the checker was used wrongly.
    Test = 1,
    /// A package is called `_`.
    BlankPkgName = 2,
    /// Files of one package name it differently.
    MismatchedPkgName = 3,
    /// A package's name stands where a value or type is wanted.
    InvalidPkgUse = 4,
    /// An import path is no path.
    BadImportPath = 5,
    /// An imported package cannot be had.
    BrokenImport = 6,
    /// `import "C"` with another name.
    ImportCRenamed = 7,
    /// An imported package is not used.
    UnusedImport = 8,
    /// Package variables need each other for their initial values.
    InvalidInitCycle = 9,
    /// A name is declared twice in a block.
    DuplicateDecl = 10,
    /// A declaration refers to itself.
    InvalidDeclCycle = 11,
    /// A type contains itself by the size of an array.
    InvalidTypeCycle = 12,
    /// The value of a constant declaration is not constant.
    InvalidConstInit = 13,
    /// A constant that its type cannot hold, of whatever kind.
    InvalidConstVal = 14,
    /// A type that has no constants.
    InvalidConstType = 15,
    /// `nil` where no type is known.
    UntypedNilUse = 16,
    /// Numbers of variables and values differ.
    WrongAssignCount = 17,
    /// The left side of an assignment is no variable.
    UnassignableOperand = 18,
    /// `:=` declares nothing.
    NoNewVar = 19,
    /// `+=` and the like with several values.
    MultiValAssignOp = 20,
    /// A value lacks methods of the interface it is assigned to.
    InvalidIfaceAssign = 21,
    /// Channels of two declared types.
    InvalidChanAssign = 22,
    /// A value of another type than the variable's.
    IncompatibleAssign = 23,
    /// A field of a struct in a map is assigned.
    UnaddressableFieldAssign = 24,
    /// What stands in the place of a type is none.
    NotAType = 25,
    /// The length of an array is no constant number.
    InvalidArrayLen = 26,
    /// A method of an interface is called `_`.
    BlankIfaceMethod = 27,
    /// Keys of a map that cannot be compared.
    IncomparableMapKey = 28,
    /// A pointer that cannot be embedded.
    InvalidPtrEmbed = 30,
    /// A method without a receiver, or with several.
    BadRecv = 31,
    /// A receiver of a type that can have no methods.
    InvalidRecv = 32,
    /// A field and a method have one name.
    DuplicateFieldAndMethod = 33,
    /// A type has two methods of one name.
    DuplicateMethod = 34,
    /// `_` is used as a value or type.
    InvalidBlank = 35,
    /// `iota` outside of a constant declaration.
    InvalidIota = 36,
    /// `init` without a body.
    MissingInitBody = 37,
    /// `init` with parameters or results.
    InvalidInitSig = 38,
    /// `init` is something else than a function of no type parameters.
    InvalidInitDecl = 39,
    /// `main` of package main is something else than such a function.
    InvalidMainDecl = 40,
    /// No value, or several, where one is wanted.
    TooManyValues = 41,
    /// A type where a value is wanted.
    NotAnExpr = 42,
    /// A constant with a fraction becomes an integer.
    TruncatedFloat = 43,
    /// A constant is too large for its type.
    NumericOverflow = 44,
    /// An operator that the type does not have.
    UndefinedOp = 45,
    /// Operands of different types.
    MismatchedTypes = 46,
    /// Division by a constant zero.
    DivByZero = 47,
    /// `++` or `--` of what is no number.
    NonNumericIncDec = 48,
    /// The address of what has none.
    UnaddressableOperand = 49,
    /// `*` of what is no pointer.
    InvalidIndirection = 50,
    /// An index of what has no elements.
    NonIndexableOperand = 51,
    /// An index that is no integer, or out of range.
    InvalidIndex = 52,
    /// Constant bounds of a slice in the wrong order.
    SwappedSliceIndices = 53,
    /// A slice of what cannot be sliced.
    NonSliceableOperand = 54,
    /// Three indices for a string, or an array without an address.
    InvalidSliceExpr = 55,
    /// A shift by what is no count.
    InvalidShiftCount = 56,
    /// A shift of what is no integer.
    InvalidShiftOperand = 57,
    /// A value is received where none can come from.
    InvalidReceive = 58,
    /// A value is sent where none can go.
    InvalidSend = 59,
    /// A key stands twice in a literal.
    DuplicateLitKey = 60,
    /// A map's literal has a value without a key.
    MissingLitKey = 61,
    /// The index of a literal's element is no constant number.
    InvalidLitIndex = 62,
    /// A literal has more elements than its array.
    OversizeArrayLit = 63,
    /// Some values of a literal have field names, others not.
    MixedStructLit = 64,
    /// Too many or too few values without names.
    InvalidStructLit = 65,
    /// A literal names a field that the struct does not have.
    MissingLitField = 66,
    /// A literal names a field twice.
    DuplicateLitField = 67,
    /// A literal sets another package's unexported field.
    UnexportedLitField = 68,
    /// The key of a struct's literal is no field name, or cannot be reached.
    InvalidLitField = 69,
    /// The type of a literal is missing.
    UntypedLit = 70,
    /// A literal of a type that has none.
    InvalidLit = 71,
    /// Several fields or methods of one name at one depth.
    AmbiguousSelector = 72,
    /// A package does not declare the name.
    UndeclaredImportedName = 73,
    /// A package does not export the name.
    UnexportedName = 74,
    /// A name is not declared.
    UndeclaredName = 75,
    /// No field or method has the name.
    MissingFieldOrMethod = 76,
    /// `...` where it means nothing.
    BadDotDotDotSyntax = 77,
    /// `...` in the call of a function that is not variadic.
    NonVariadicDotDotDot = 78,
    /// `...` behind several values, or for a built-in function.
    InvalidDotDotDot = 81,
    /// A built-in function is not called.
    UncalledBuiltin = 82,
    /// Wrong arguments of `append`.
    InvalidAppend = 83,
    /// A wrong argument of `cap`.
    InvalidCap = 84,
    /// `close` of what cannot be closed.
    InvalidClose = 85,
    /// Wrong arguments of `copy`.
    InvalidCopy = 86,
    /// Wrong arguments of `complex`.
    InvalidComplex = 87,
    /// Wrong arguments of `delete`.
    InvalidDelete = 88,
    /// A wrong argument of `imag`.
    InvalidImag = 89,
    /// A wrong argument of `len`.
    InvalidLen = 90,
    /// Length and capacity are swapped.
    SwappedMakeArgs = 91,
    /// A type that `make` does not make.
    InvalidMake = 92,
    /// A wrong argument of `real`.
    InvalidReal = 93,
    /// A type assertion of what is no interface.
    InvalidAssert = 94,
    /// A type assertion that never holds.
    ImpossibleAssert = 95,
    /// A conversion between types that have none.
    InvalidConversion = 96,
    /// An untyped value has no form of the type wanted.
    InvalidUntypedConversion = 97,
    /// The argument of `unsafe.Offsetof` selects nothing.
    BadOffsetofSyntax = 98,
    /// `unsafe.Offsetof` of what is no field of the struct itself.
    InvalidOffsetof = 99,
    /// A value is computed and dropped.
    UnusedExpr = 100,
    /// A local variable is not used.
    UnusedVar = 101,
    /// A function with results ends without return.
    MissingReturn = 102,
    /// A return statement has too many or too few values.
    WrongResultCount = 103,
    /// A bare return where a result is hidden by another variable.
    OutOfScopeResult = 104,
    /// A condition that is not boolean.
    InvalidCond = 105,
    /// A declaration behind the condition of a loop.
    InvalidPostDecl = 106,
    /// Too many variables of a range clause.
    InvalidIterVar = 108,
    /// What cannot be ranged over.
    InvalidRangeExpr = 109,
    /// `break` outside.
    MisplacedBreak = 110,
    /// `continue` outside of a loop.
    MisplacedContinue = 111,
    /// `fallthrough` where nothing follows.
    MisplacedFallthrough = 112,
    /// A case stands twice.
    DuplicateCase = 113,
    /// Several defaults.
    DuplicateDefault = 114,
    /// `.(type)` outside of a type switch.
    BadTypeKeyword = 115,
    /// A type switch on what is no interface.
    InvalidTypeSwitch = 116,
    /// A switch on what cannot be compared.
    InvalidExprSwitch = 117,
    /// A case of select that is no communication.
    InvalidSelectCase = 118,
    /// A label is not declared.
    UndeclaredLabel = 119,
    /// A label is declared twice.
    DuplicateLabel = 120,
    /// The label of a break or continue is not around it.
    MisplacedLabel = 121,
    /// A label is not used.
    UnusedLabel = 122,
    /// A goto jumps over a declaration.
    JumpOverDecl = 123,
    /// A goto jumps into a block.
    JumpIntoBlock = 124,
    /// A method expression of a type that does not have the method.
    InvalidMethodExpr = 125,
    /// Too many or too few arguments.
    WrongArgCount = 126,
    /// A call of what is no function.
    InvalidCall = 127,
    /// A deferred call whose results are dropped though it has no effect.
    UnusedResults = 128,
    /// `defer` of what is no call.
    InvalidDefer = 129,
    /// `go` of what is no call.
    InvalidGo = 130,
    /// A declaration that the syntax allows and nothing else does.
    BadDecl = 131,
    /// A name stands twice left of `:=`.
    RepeatedDecl = 132,
    /// Wrong arguments of `unsafe.Add`.
    InvalidUnsafeAdd = 133,
    /// Wrong arguments of `unsafe.Slice`.
    InvalidUnsafeSlice = 134,
    /// The language version does not have it.
    UnsupportedFeature = 135,
    /// Type arguments for a type that is not generic.
    NotAGenericType = 136,
    /// Too many or too few type arguments.
    WrongTypeArgCount = 137,
    /// Type arguments cannot be inferred.
    CannotInferTypeArgs = 138,
    /// A type argument does not satisfy its constraint.
    InvalidTypeArg = 139,
    /// Instances without end.
    InvalidInstanceCycle = 140,
    /// A union that cannot be.
    InvalidUnion = 141,
    /// A constraint is used as an ordinary type.
    MisplacedConstraintIface = 142,
    /// A method has type parameters where it may not.
    InvalidMethodTypeParams = 143,
    /// A type parameter stands where it may not.
    MisplacedTypeParam = 144,
    /// A wrong argument of `unsafe.SliceData`.
    InvalidUnsafeSliceData = 145,
    /// Wrong arguments of `unsafe.String` or `unsafe.StringData`.
    InvalidUnsafeString = 146,
    /// A wrong argument of `clear`.
    InvalidClear = 148,
    /// A type's size or an offset does not fit.
    TypeTooLarge = 149,
    /// An argument of `min` or `max` has no order.
    InvalidMinMaxOperand = 150,
    /// A package or file asks for a newer release.
    TooNew = 151,
}
