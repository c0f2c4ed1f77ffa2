//! The example of the CD shop: its rules are sound, and its approved templates fit them.
#![cfg(test)]

use std::path::Path;

use campanile::message::Templates;
use campanile::rulebook::Rulebook;

#[test]
fn the_shops_rules_are_sound() {
    let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/cdnow");
    let templates = std::fs::read_to_string(shop.join("templates.json")).unwrap();
    let rulebook = Rulebook::builder()
        .path(shop.join("rules"))
        .templates(Templates::from_json(&templates).unwrap())
        .build()
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(rulebook.campaigns().len() >= 6);
    assert_eq!(rulebook.warnings(), [], "the example is written without warnings");
}
