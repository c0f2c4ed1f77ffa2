//! `did A then B within T then no C within U`

use super::{Reader, shown};
use crate::language::ast::{Sequence, SequenceStep};
use crate::language::codes;
use crate::language::grammar::{Node, Rule, child, children, has};

/// More steps than this nobody reads.
const MOST: usize = 60;

impl Reader<'_, '_> {
    /// The steps of `did`, of which there are further ones.
    pub(super) fn sequence(&mut self, node: &Node<'_>) -> Option<Sequence> {
        let span = self.span(node);
        if has(node, Rule::kw_not) {
            return self.refuse_with(
                codes::UNEXPECTED,
                span,
                "`did not` asks for one event, not for a sequence",
                format!("write `not (did {} …)`", shown(&child(node, Rule::pattern)?)),
            );
        }
        let first = self.pattern(&child(node, Rule::pattern)?);
        let mut then = Vec::new();
        let mut absent = None;
        let mut sound = true;
        for step in children(node, Rule::then_step) {
            let place = self.span(&step);
            if absent.is_some() {
                return self.refuse_with(
                    codes::UNEXPECTED,
                    place,
                    "nothing stands after `then no`, which is the end",
                    "put `then no …` last",
                );
            }
            let within = match child(&step, Rule::step_within) {
                Some(within) => match self.duration(&child(&within, Rule::duration)?) {
                    Some(length) => Some(length),
                    None => {
                        sound = false;
                        None
                    }
                },
                None => None,
            };
            let Some(pattern) = self.pattern(&child(&step, Rule::pattern)?) else {
                sound = false;
                continue;
            };
            let read = SequenceStep { pattern, within };
            if !has(&step, Rule::kw_no) {
                then.push(read);
            } else if read.within.is_none() && sound {
                return self.refuse_with(
                    codes::INCOMPLETE,
                    place,
                    "`then no` needs the time in which it must not happen",
                    format!("write `{} within 1 day`", shown(&step)),
                );
            } else {
                absent = Some(read);
            }
        }
        let all_within = match child(node, Rule::all_within) {
            Some(within) => {
                let own = then.iter().find_map(|step| step.within.as_ref());
                if let Some(own) = own {
                    let (own, place) = (own.span, self.span(&within));
                    self.findings.push(
                        crate::language::Diagnostic::error(
                            codes::TWICE,
                            place,
                            "the steps have a time of their own and one together",
                        )
                        .with_secondary(own, "a step's own time")
                        .with_help("keep `within` after each step, or `, all within` at the end"),
                    );
                    return None;
                }
                Some(self.duration(&child(&within, Rule::duration)?)?)
            }
            None => None,
        };
        if then.len() >= MOST {
            return self.refuse_with(
                codes::COUNT,
                span,
                format!("a sequence has at most {MOST} steps"),
                "ask for the steps that matter",
            );
        }
        let mut matching = None;
        let mut window = None;
        for part in node.clone().into_inner() {
            let place = self.span(&part);
            match part.as_rule() {
                Rule::matching => {
                    if let Some((_, first)) = matching {
                        return self.twice("`matching`", first, place);
                    }
                    matching = Some((self.path(&child(&part, Rule::path)?)?, place));
                }
                Rule::window => {
                    if let Some((_, first)) = window {
                        return self.twice("the time", first, place);
                    }
                    window = Some((self.window(&part)?, place));
                }
                _ => {}
            }
        }
        let (first, true) = (first?, sound) else { return None };
        Some(Sequence {
            first,
            then,
            absent,
            all_within,
            matching: matching.map(|(path, _)| path),
            window: window.map(|(window, _)| window),
            span,
        })
    }
}
