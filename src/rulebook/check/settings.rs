use chrono::Weekday;
use indexmap::IndexMap;

use super::Checker;
use crate::calendar::Zone;
use crate::language::{Diagnostic, Spanned};
use crate::model::Percent;
use crate::rulebook::{Settings, codes};

/// All users.
const ALL: Percent = Percent::from_millionths(1_000_000);

impl Checker<'_> {
    /// Checks the settings block and fills in the defaults.
    pub(super) fn settings(&mut self) -> Settings {
        let mut resolved = Settings {
            zone: Zone::utc(),
            quiet_hours: None,
            syntax: self.tables.settings.clone(),
            caps: Vec::new(),
            gap: None,
            throttle: None,
            control_group: Percent::from_millionths(0),
            control_groups: IndexMap::new(),
            week_starts: Weekday::Mon,
        };
        let Some(settings) = &self.tables.settings else { return resolved };
        if let Some(zone) = settings.time_zone.as_ref().and_then(|name| self.named_zone(name)) {
            resolved.zone = zone;
        }
        self.zone = resolved.zone;
        if let Some(hours) = &settings.quiet_hours {
            self.base_zone(&hours.base);
            self.quiet_hours(hours);
            resolved.quiet_hours = Some(hours.clone());
        }
        resolved.caps = settings.caps.iter().map(|cap| (cap.count.node, cap.per.node)).collect();
        if let Some(gap) = &settings.gap {
            resolved.gap = Some(gap.node);
        }
        resolved.throttle =
            settings.throttle.as_ref().map(|throttle| (throttle.count.node, throttle.per.node));
        if let Some(share) = &settings.control_group {
            self.share(
                share,
                "nobody would get a message: the control group is everyone",
                "`control group 3%`",
            );
            resolved.control_group = share.node;
        }
        for group in &settings.control_groups {
            self.share(
                &group.share,
                "nobody would get a message: the control group is everyone",
                &format!("`control group {} 5%`", group.name.node),
            );
            if let Some(first) =
                settings.control_groups.iter().find(|other| other.name.node == group.name.node)
                && first.span != group.span
            {
                self.report(
                    Diagnostic::error(
                        codes::SAME_CONTROL_GROUP,
                        group.name.span,
                        format!("control group `{}` is declared twice", group.name.node),
                    )
                    .with_secondary(first.name.span, "first here")
                    .with_help("give one of them another name, or take it out"),
                );
                continue;
            }
            resolved.control_groups.insert(group.name.node.clone(), group.share.node);
        }
        if let Some(day) = &settings.week_starts {
            resolved.week_starts = day.node;
        }
        resolved
    }

    /// A share of users who get nothing, which may not be all.
    pub(super) fn share(&mut self, share: &Spanned<Percent>, what: &str, example: &str) {
        if share.node >= ALL {
            self.report(
                Diagnostic::error(codes::NOBODY_LEFT, share.span, what)
                    .with_help(format!("choose less than 100%, such as {example}")),
            );
        }
    }
}
