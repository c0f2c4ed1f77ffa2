use super::Reader;
use crate::language::ast::{
    BodyContent, BodyValue, Button, ButtonContent, Header, HeaderContent, LanguageChoice, Media, MediaKind,
    TemplateMessage,
};
use crate::language::grammar::{Node, Rule, child, children};
use crate::language::{Span, Spanned, codes};

type ButtonValue = fn(Spanned<String>) -> ButtonContent;
/// What stands before a button's value.
const BUTTON_VALUES: [(&str, ButtonValue); 3] =
    [("url", ButtonContent::Url), ("payload", ButtonContent::Payload), ("code", ButtonContent::Code)];

impl Reader<'_, '_> {
    /// `send template …`
    pub(super) fn message(&mut self, clause: &Node<'_>) -> Option<TemplateMessage> {
        let span = self.span(clause);
        let template = self.template(&child(clause, Rule::template)?)?;
        let language = match child(clause, Rule::language) {
            Some(node) => Some(self.language(&node)?),
            None => None,
        };
        let mut message = TemplateMessage {
            template,
            language,
            header: None,
            body: Vec::new(),
            buttons: Vec::new(),
            offer: None,
            cards: Vec::new(),
            code: None,
            span,
        };
        let Some(parts) = child(clause, Rule::parts) else { return Some(message) };
        let (mut header_place, mut body_place): (Option<Span>, Option<Span>) = (None, None);
        let mut sound = true;
        for part in parts.into_inner() {
            let place = self.span(&part);
            match part.as_rule() {
                Rule::header => {
                    if let Some(first) = header_place {
                        sound = self.twice::<()>("`header`", first, place).is_some();
                        continue;
                    }
                    header_place = Some(place);
                    message.header = self.header(&part);
                    sound &= message.header.is_some();
                }
                Rule::body => {
                    if let Some(first) = body_place {
                        sound = self.twice::<()>("`body`", first, place).is_some();
                        continue;
                    }
                    body_place = Some(place);
                    for value in children(&part, Rule::body_value) {
                        match self.body_value(&value) {
                            Some(value) => message.body.push(value),
                            None => sound = false,
                        }
                    }
                }
                Rule::button => {
                    let Some(button) = self.button(&part) else {
                        sound = false;
                        continue;
                    };
                    if let Some(first) = message.buttons.iter().find(|b| b.index.node == button.index.node) {
                        let (first, index) = (first.index.span, button.index);
                        sound =
                            self.twice::<()>(&format!("button {}", index.node), first, index.span).is_some();
                        continue;
                    }
                    message.buttons.push(button);
                }
                _ => {}
            }
        }
        message.buttons.sort_by_key(|button| button.index.node);
        sound.then_some(message)
    }

    fn template(&mut self, node: &Node<'_>) -> Option<Spanned<String>> {
        let inner = node.clone().into_inner().next()?;
        if inner.as_rule() == Rule::name {
            return self.name(&inner);
        }
        let text = self.text(&inner)?;
        let good = !text.node.is_empty()
            && text.node.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if good {
            return Some(text);
        }
        self.refuse_with(
            codes::NAME,
            text.span,
            format!("`{}` cannot be a template's name", text.node),
            "whatsapp's templates are named by lower-case letters, digits and `_`",
        )
    }

    fn language(&mut self, node: &Node<'_>) -> Option<LanguageChoice> {
        let profile = child(node, Rule::profile_path);
        let fallback = child(node, Rule::string);
        let Some(fallback) = fallback else {
            let span = self.span(node);
            return self.refuse_with(
                codes::INCOMPLETE,
                span,
                "which language do users get whose profile names none?",
                format!("write `{} or \"en\"`", node.as_str().trim()),
            );
        };
        let profile = match profile {
            Some(path) => Some(self.path(&path)?),
            None => None,
        };
        Some(LanguageChoice { profile, fallback: self.text(&fallback)? })
    }

    fn header(&mut self, node: &Node<'_>) -> Option<Header> {
        let span = self.span(node);
        let word = child(node, Rule::word)?;
        if word.as_str() == "location" {
            return self.refuse_with(
                codes::NOT_YET,
                span,
                "`header location` is not supported yet",
                "headers are `text`, `image`, `video` or `document`",
            );
        }
        let kinds = [
            ("text", None),
            ("image", Some(MediaKind::Image)),
            ("video", Some(MediaKind::Video)),
            ("document", Some(MediaKind::Document)),
        ];
        let kind = self.choice(&word, "kind of header", &kinds)?;
        let mut texts = children(node, Rule::string);
        let value = self.text(&texts.next()?)?;
        let filename = match texts.next() {
            Some(name) => Some(self.text(&name)?),
            None => None,
        };
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

    fn body_value(&mut self, node: &Node<'_>) -> Option<BodyValue> {
        let name = match child(node, Rule::name) {
            Some(name) => Some(self.name(&name)?),
            None => None,
        };
        let content = BodyContent::Text(self.text(&child(node, Rule::string)?)?);
        Some(BodyValue { name, content, span: self.span(node) })
    }

    fn button(&mut self, node: &Node<'_>) -> Option<Button> {
        let index = self.whole(&child(node, Rule::number)?, "place of a button", 0, 9)?;
        let index = Spanned::new(u8::try_from(index.node).ok()?, index.span);
        let kind = self.choice(&child(node, Rule::word)?, "kind of button value", &BUTTON_VALUES)?;
        let content = (kind.node)(self.text(&child(node, Rule::string)?)?);
        Some(Button { index, content, kind: kind.span, span: self.span(node) })
    }
}
