//! Messages: approved templates, the Liquid texts of a rule, and the two together as the Cloud API takes them.
//!
//! [`compile`] asks everything that can be asked when rules are checked: whether the template exists, is approved and takes
//! these values, whether the Liquid texts can be read, whether constants are within WhatsApp's limits. What is left to
//! [`CompiledMessage::render`] is what only a user's values can tell.

mod check;
mod codes;
mod compile;
mod events;
mod free_form;
mod language;
mod limits;
mod liquid;
mod mirror;
mod part;
mod render;
mod shape;
mod template;
mod value;

pub use compile::compile;
pub use events::{Events, Readable};
pub use liquid::{Root, Variable};
pub use mirror::TemplatesError;
pub use render::{CompiledMessage, Reads, RenderStop};
pub use template::{Template, TemplateFamily, Templates};
pub use value::Occasion;
