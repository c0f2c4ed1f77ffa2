use super::Checker;
use crate::language::ast::Campaign;
use crate::language::{Diagnostic, suggest};
use crate::rulebook::codes;

impl Checker<'_> {
    /// Checks that it can be told through whom a campaign sends. Where none are declared, any may be named.
    pub(super) fn provider(&mut self, campaign: &Campaign) {
        let Some(declared) = self.providers.as_ref().filter(|declared| !declared.providers.is_empty()) else {
            return;
        };
        let names = || declared.providers.keys().map(|name| &**name);
        match &campaign.provider {
            Some(named) if !declared.providers.contains_key(named.node.as_str()) => {
                let text = format!("there is no provider `{}`", named.node);
                let help = suggest(&named.node, "providers", names()).unwrap_or_default();
                self.report(Diagnostic::error(codes::UNKNOWN_PROVIDER, named.span, text).with_help(help));
            }
            None if declared.providers.len() > 1 => {
                let text = format!("campaign `{}` does not say which provider sends it", campaign.name.node);
                let known: Vec<String> = names().map(|name| format!("`provider {name}`")).collect();
                let finding = Diagnostic::error(codes::WHICH_PROVIDER, campaign.name.span, text);
                self.missing(campaign, finding.with_help(format!("add {}", known.join(" or "))));
            }
            _ => {}
        }
    }
}
