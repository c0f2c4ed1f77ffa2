//! The parts of messages: headers, values, buttons, places, products.

use super::Reader;
use crate::language::ast::{
    BodyContent, BodyValue, Button, ButtonContent, FlowData, Header, HeaderContent, Media, MediaKind, Place,
    Product, ProductSection,
};
use crate::language::grammar::{Node, Rule, child, children, has};
use crate::language::{Spanned, codes};

type ButtonValue = fn(Spanned<String>) -> ButtonContent;
/// What stands before a button's value.
const BUTTON_VALUES: [(&str, ButtonValue); 3] =
    [("url", ButtonContent::Url), ("payload", ButtonContent::Payload), ("code", ButtonContent::Code)];

impl Reader<'_, '_> {
    /// `header image "…"`
    pub(super) fn header(&mut self, node: &Node<'_>) -> Option<Header> {
        let span = self.span(node);
        if let Some(place) = child(node, Rule::place) {
            let kind = self.span(&child(node, Rule::kw_location)?);
            return Some(Header { content: HeaderContent::Location(self.place(&place)?), kind, span });
        }
        if let Some(product) = child(node, Rule::product) {
            let kind = self.span(&child(node, Rule::kw_product)?);
            return Some(Header { content: HeaderContent::Product(self.product(&product)?), kind, span });
        }
        let word = child(node, Rule::word)?;
        let kinds = [
            ("text", None),
            ("image", Some(MediaKind::Image)),
            ("video", Some(MediaKind::Video)),
            ("document", Some(MediaKind::Document)),
            // Never read here, for they have rules of their own; named for the advice.
            ("location", None),
            ("product", None),
        ];
        let kind = self.choice(&word, "kind of header", &kinds)?;
        let value = self.text_of(node, Rule::string)?;
        let filename = self.optional_text(node, Rule::named)?;
        if filename.is_some() && kind.node != Some(MediaKind::Document) {
            return self.refuse_with(
                codes::UNEXPECTED,
                span,
                format!("only a document is `named`, not `{}`", word.as_str()),
                "leave `named \"…\"` out",
            );
        }
        let content = match kind.node {
            None => HeaderContent::Text(value),
            Some(kind) => HeaderContent::Media(Media { kind, link: value, filename }),
        };
        Some(Header { content, kind: kind.span, span })
    }

    /// `"18.52", "73.86" named "…" address "…"`
    pub(super) fn place(&mut self, node: &Node<'_>) -> Option<Place> {
        let mut degrees = self.texts(node)?.into_iter();
        let latitude = degrees.next()?;
        let Some(longitude) = degrees.next() else {
            return self.refuse_with(
                codes::INCOMPLETE,
                latitude.span,
                "a location is a latitude and a longitude",
                "write `location \"18.52\", \"73.86\"`, first north, then east",
            );
        };
        let name = self.optional_text(node, Rule::named)?;
        Some(Place { latitude, longitude, name, address: self.optional_text(node, Rule::address)? })
    }

    /// `"sku" in catalog "id"`
    pub(super) fn product(&mut self, node: &Node<'_>) -> Option<Product> {
        let mut texts = self.texts(node)?.into_iter();
        let product = texts.next()?;
        let Some(catalog) = texts.next() else {
            return self.refuse_with(
                codes::INCOMPLETE,
                product.span,
                "a product is one of a catalogue",
                "add `in catalog` and the catalogue's id: `product \"{{ event.sku }}\" in catalog \"194836987003835\"`",
            );
        };
        Some(Product { product, catalog })
    }

    /// `body name: "…", total: currency "…" "INR"`
    pub(super) fn values_part(&mut self, node: &Node<'_>) -> Option<Vec<BodyValue>> {
        let values: Vec<Option<BodyValue>> =
            children(node, Rule::message_value).map(|value| self.message_value(&value)).collect();
        values.into_iter().collect()
    }

    fn message_value(&mut self, node: &Node<'_>) -> Option<BodyValue> {
        let name = match child(node, Rule::name) {
            Some(name) => Some(self.name(&name)?),
            None => None,
        };
        let content = if let Some(currency) = child(node, Rule::currency) {
            let mut texts = self.texts(&currency)?.into_iter();
            BodyContent::Currency { amount: texts.next()?, code: texts.next()?, fallback: texts.next() }
        } else if let Some(date) = child(node, Rule::date_value) {
            BodyContent::Date(self.text_of(&date, Rule::string)?)
        } else {
            BodyContent::Text(self.text_of(node, Rule::string)?)
        };
        Some(BodyValue { name, content, span: self.span(node) })
    }

    /// `button 0 url: "…"`
    pub(super) fn button(&mut self, node: &Node<'_>) -> Option<Button> {
        let span = self.span(node);
        let index = self.whole(&child(node, Rule::number)?, "place of a button", 0, 9)?;
        let index = Spanned::new(u8::try_from(index.node).ok()?, index.span);
        let (kind, content) = if let Some(flow) = child(node, Rule::button_flow) {
            (self.span(&child(&flow, Rule::kw_flow)?), ButtonContent::Flow(self.flow_data(&flow)?))
        } else if let Some(catalog) = child(node, Rule::button_catalog) {
            let thumbnail = self.optional_text(&catalog, Rule::thumbnail)?;
            (self.span(&child(&catalog, Rule::kw_catalog)?), ButtonContent::Catalog { thumbnail })
        } else if let Some(products) = child(node, Rule::button_products) {
            let thumbnail = self.text_of(&products, Rule::thumbnail)?;
            let sections = self.product_sections(&products)?;
            (
                self.span(&child(&products, Rule::kw_products)?),
                ButtonContent::Products { thumbnail, sections },
            )
        } else {
            let kind = self.choice(&child(node, Rule::word)?, "kind of button value", &BUTTON_VALUES)?;
            (kind.span, (kind.node)(self.text_of(node, Rule::string)?))
        };
        Some(Button { index, content, kind, span })
    }

    /// `token "…" data name: "…"`
    pub(super) fn flow_data(&mut self, node: &Node<'_>) -> Option<FlowData> {
        let token = self.optional_text(node, Rule::token)?;
        let mut data: Vec<(Spanned<String>, Spanned<String>)> = Vec::new();
        let Some(given) = child(node, Rule::data) else { return Some(FlowData { token, data }) };
        for datum in children(&given, Rule::datum) {
            let name = self.name(&child(&datum, Rule::name)?)?;
            if let Some((first, _)) = data.iter().find(|(known, _)| known.node == name.node) {
                let first = first.span;
                return self.twice(&format!("`{}`", name.node), first, name.span);
            }
            data.push((name, self.text_of(&datum, Rule::string)?));
        }
        Some(FlowData { token, data })
    }

    /// `section "Shoes": "a", "b"`, each; at least one.
    pub(super) fn product_sections(&mut self, node: &Node<'_>) -> Option<Vec<ProductSection>> {
        if !has(node, Rule::product_section) {
            return self.nothing_listed(node, "section \"Shoes\": \"sku-1\", \"sku-2\"");
        }
        let section = |node: Node<'_>| {
            let mut texts = self.texts(&node)?.into_iter();
            Some(ProductSection { title: texts.next()?, products: texts.collect() })
        };
        let sections: Vec<Option<ProductSection>> =
            children(node, Rule::product_section).map(section).collect();
        sections.into_iter().collect()
    }

    /// Braces in which something has to stand.
    pub(super) fn nothing_listed<T>(&mut self, node: &Node<'_>, example: &str) -> Option<T> {
        let span = self.span(node);
        self.refuse_with(
            codes::INCOMPLETE,
            span,
            "nothing stands between the braces",
            format!("write `{example}`"),
        )
    }
}
