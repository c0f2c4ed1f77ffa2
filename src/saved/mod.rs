//! State as bytes, and back.
//!
//! Each type of the state says, beside its fields, how it is written: a [`saved!`] that names them all, so that a field more does not
//! compile until it is named there. Numbers are as long as they need to be, instants are counted from one that the whole has in common, and the
//! names of properties, events and campaigns are written once. Nothing that is read is trusted: a length asks for no memory that its items do not fill.
//!
//! The forms that send jobs have as JSON are for others to read, and name each field; what is written here is read by the same program only.

mod collections;
mod read;
mod write;

use std::io;

pub(crate) use read::Restorer;
pub(crate) use write::Saver;

/// What can be written and read back. Equal things are written alike.
pub(crate) trait Saved: Sized {
    fn save(&self, to: &mut Saver<'_>);
    fn restore(from: &mut Restorer<'_>) -> Result<Self, Damage>;
}

/// Why what was written cannot be read.
#[derive(Debug)]
pub(crate) enum Damage {
    Io(io::Error),
    /// It ends too early.
    Cut,
    /// It says something that nobody writes.
    Wrong(&'static str),
}

/// A value within a value within a value, and so on: no deeper than this.
const DEEPEST: u32 = 256;

/// Writes a type's parts one after the other, and reads them in the same order.
///
/// `saved!(struct Type { all, its, fields })`, `saved!(tuple Type)` of one field, or
/// `saved!(enum Type { 0 => Unit, 1 => Tuple(one, two), 2 => Struct { all, its, fields } })`; types in brackets behind the name are those of its items.
macro_rules! saved {
    (struct $type:ident { $($field:ident),+ $(,)? }) => {
        impl crate::saved::Saved for $type {
            fn save(&self, to: &mut crate::saved::Saver<'_>) {
                let $type { $($field),+ } = self;
                $(crate::saved::Saved::save($field, to);)+
            }

            fn restore(from: &mut crate::saved::Restorer<'_>) -> Result<$type, crate::saved::Damage> {
                Ok($type { $($field: crate::saved::Saved::restore(from)?),+ })
            }
        }
    };
    (tuple $type:ident) => {
        impl crate::saved::Saved for $type {
            fn save(&self, to: &mut crate::saved::Saver<'_>) {
                crate::saved::Saved::save(&self.0, to);
            }

            fn restore(from: &mut crate::saved::Restorer<'_>) -> Result<$type, crate::saved::Damage> {
                Ok($type(crate::saved::Saved::restore(from)?))
            }
        }
    };
    (enum $type:ident {
        $($number:literal => $variant:ident $(($($part:ident),+))? $({ $($field:ident),+ })?),+ $(,)?
    }) => {
        impl crate::saved::Saved for $type {
            fn save(&self, to: &mut crate::saved::Saver<'_>) {
                match self {
                    $($type::$variant $(($($part),+))? $({ $($field),+ })? => {
                        to.byte($number);
                        $($(crate::saved::Saved::save($part, to);)+)?
                        $($(crate::saved::Saved::save($field, to);)+)?
                    })+
                }
            }

            fn restore(from: &mut crate::saved::Restorer<'_>) -> Result<$type, crate::saved::Damage> {
                match from.byte()? {
                    $($number => {
                        $($(let $part = crate::saved::Saved::restore(from)?;)+)?
                        $($(let $field = crate::saved::Saved::restore(from)?;)+)?
                        Ok($type::$variant $(($($part),+))? $({ $($field),+ })?)
                    })+
                    _ => Err(crate::saved::Damage::Wrong(concat!("no ", stringify!($type), " is numbered so"))),
                }
            }
        }
    };
}

pub(crate) use saved;
