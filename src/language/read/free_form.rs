//! Messages that are no templates.

use super::Reader;
use crate::language::ast::{
    Action, Choice, FreeContent, FreeForm, Interactive, ListSection, Media, MediaKind,
};
use crate::language::grammar::{Node, Rule, child, children, first, has};
use crate::language::{Span, Spanned, codes};

impl Reader<'_, '_> {
    /// What follows `send`; `span` is the whole message.
    pub(super) fn free_form(&mut self, node: &Node<'_>, span: Span) -> Option<FreeForm> {
        let content = match node.as_rule() {
            Rule::send_text => FreeContent::Text {
                text: self.text_of(node, Rule::string)?,
                preview: has(node, Rule::preview),
            },
            Rule::send_media => self.free_media(node)?,
            Rule::send_location => FreeContent::Location(self.place(&child(node, Rule::place)?)?),
            Rule::send_interactive => FreeContent::Interactive(Box::new(self.interactive(node)?)),
            _ => return None,
        };
        Some(FreeForm { content, span })
    }

    fn free_media(&mut self, node: &Node<'_>) -> Option<FreeContent> {
        let word = first(node)?;
        let kind = match word.as_rule() {
            Rule::kw_image => MediaKind::Image,
            Rule::kw_video => MediaKind::Video,
            Rule::kw_audio => MediaKind::Audio,
            Rule::kw_document => MediaKind::Document,
            Rule::kw_sticker => MediaKind::Sticker,
            _ => return None,
        };
        let link = self.text_of(node, Rule::string)?;
        for rule in [Rule::caption, Rule::named] {
            let mut again = children(node, rule);
            if let (Some(first), Some(second)) = (again.next(), again.next()) {
                let name = if rule == Rule::caption { "`caption`" } else { "`named`" };
                let (first, second) = (self.span(&first), self.span(&second));
                return self.twice(name, first, second);
            }
        }
        let caption = self.optional_text(node, Rule::caption)?;
        let filename = self.optional_text(node, Rule::named)?;
        let name = kind.name();
        if let (Some(caption), MediaKind::Audio | MediaKind::Sticker) = (&caption, kind) {
            let text = format!("whatsapp shows no caption under `{name}`");
            return self.refuse_with(codes::UNEXPECTED, caption.span, text, "leave `caption \"…\"` out");
        }
        if let Some(named) = filename.as_ref().filter(|_| kind != MediaKind::Document) {
            let text = format!("only a document is `named`, not `{name}`");
            return self.refuse_with(codes::UNEXPECTED, named.span, text, "leave `named \"…\"` out");
        }
        Some(FreeContent::Media { media: Media { kind, link, filename }, caption })
    }

    fn interactive(&mut self, node: &Node<'_>) -> Option<Interactive> {
        let span = self.span(node);
        let (mut header, mut body, mut footer) = (None, None, None);
        let mut action: Option<Spanned<Action>> = None;
        let mut seen: Vec<(Rule, Span)> = Vec::new();
        let mut sound = true;
        for part in node.clone().into_inner() {
            if !self.first_of_its_kind(&part, &mut seen) {
                sound = false;
                continue;
            }
            let read = match part.as_rule() {
                Rule::header => self.header(&part).map(|it| header = Some(it)),
                Rule::text_part => self.text_of(&part, Rule::string).map(|it| body = Some(it)),
                Rule::footer => self.text_of(&part, Rule::string).map(|it| footer = Some(it)),
                Rule::kw_interactive | Rule::brace_open | Rule::brace_close => continue,
                _ => self.action(&part, &mut action),
            };
            sound &= read.is_some();
        }
        if !sound {
            return None;
        }
        let Some(action) = action else {
            return self.refuse_with(
                codes::INCOMPLETE,
                span,
                "an interactive message needs something to do",
                "add `reply \"Yes\"`, `list \"Pick\" { … }`, `link \"Open\" to \"https://…\"`, `ask location`, `flow`, `catalog` or `product`",
            );
        };
        Some(Interactive { header, body, footer, action })
    }

    /// Reads one action and puts it in its place; several replies are one.
    fn action(&mut self, node: &Node<'_>, place: &mut Option<Spanned<Action>>) -> Option<()> {
        let span = self.span(node);
        let read = match node.as_rule() {
            Rule::reply => Action::Replies(vec![self.choice_of(node)?]),
            Rule::menu => {
                Action::List { label: self.text_of(node, Rule::string)?, sections: self.list_sections(node)? }
            }
            Rule::link => {
                let mut texts = self.texts(node)?.into_iter();
                Action::Link { label: texts.next()?, url: texts.next()? }
            }
            Rule::ask_location => Action::AskLocation,
            Rule::open_flow => {
                let mut texts = self.texts(node)?.into_iter();
                let (label, screen) = (texts.next()?, texts.next());
                let id = self.text_of(node, Rule::choice_id)?;
                Action::Flow { label, id, screen, start: self.flow_data(node)? }
            }
            Rule::show_catalog => Action::Catalog { thumbnail: self.optional_text(node, Rule::thumbnail)? },
            Rule::show_product => Action::Product(self.product(&child(node, Rule::product)?)?),
            Rule::show_products => Action::Products {
                catalog: self.text_of(node, Rule::string)?,
                sections: self.product_sections(node)?,
            },
            _ => return None,
        };
        match (place.as_mut(), read) {
            (None, read) => *place = Some(Spanned::new(read, span)),
            (Some(Spanned { node: Action::Replies(replies), span: whole }), Action::Replies(more)) => {
                replies.extend(more);
                *whole = whole.to(span);
            }
            (Some(first), _) => {
                let place = first.span;
                return self.refuse_second(place, span);
            }
        }
        Some(())
    }

    fn refuse_second<T>(&mut self, first: Span, second: Span) -> Option<T> {
        self.findings.push(
            crate::language::Diagnostic::error(
                codes::UNEXPECTED,
                second,
                "an interactive message has one thing to do, or several replies",
            )
            .with_secondary(first, "the first is here")
            .with_help("leave one of them out"),
        );
        None
    }

    /// `reply "Yes" id "yes"`, `row "Monday" id "mon" described "before noon"`
    fn choice_of(&mut self, node: &Node<'_>) -> Option<Choice> {
        Some(Choice {
            title: self.text_of(node, Rule::string)?,
            id: self.optional_text(node, Rule::choice_id)?,
            description: self.optional_text(node, Rule::described)?,
            span: self.span(node),
        })
    }

    fn list_sections(&mut self, node: &Node<'_>) -> Option<Vec<ListSection>> {
        if !has(node, Rule::row) {
            return self.nothing_listed(node, "row \"Monday\" id \"mon\"");
        }
        let mut sections: Vec<ListSection> = Vec::new();
        let mut sound = true;
        for part in node.clone().into_inner() {
            match part.as_rule() {
                Rule::menu_section => match self.text_of(&part, Rule::string) {
                    Some(title) => sections.push(ListSection { title: Some(title), rows: Vec::new() }),
                    None => sound = false,
                },
                Rule::row => match self.choice_of(&part) {
                    Some(row) => match sections.last_mut() {
                        Some(section) => section.rows.push(row),
                        None => sections.push(ListSection { title: None, rows: vec![row] }),
                    },
                    None => sound = false,
                },
                _ => {}
            }
        }
        sound.then_some(sections)
    }
}
