//! A campaign's clauses in words, in the order of what happens.

use super::trigger::{calendar_days, same};
use super::words::{self, exact_length, path, percent, several};
use super::{CampaignDescription, Section, Tree, Writer};
use crate::language::ast::{
    self, CapPer, Condition, ControlChoice, DayWindow, Hours, LimitPer, Otherwise, Run, StopAt, Throttle,
    Trigger, Unless, Wait,
};
use crate::model::{Category, Percent, Providers};
use crate::rulebook::Campaign;

/// Category and provider as the campaign says them, or what holds when it does not.
fn kind(campaign: &ast::Campaign, providers: &Providers) -> String {
    let category = match campaign.category.as_ref().map(|category| category.node) {
        Some(Category::Marketing) => "marketing",
        Some(Category::Utility) => "utility",
        Some(Category::Authentication) => "authentication",
        Some(Category::Service) => "service",
        None => "the template's, or marketing where no templates are given",
    };
    let provider = match (&campaign.provider, providers.of(None)) {
        (Some(provider), _) => format!("through the provider `{}`", provider.node),
        (None, Some((only, _))) => format!("through the provider `{only}`, the only one that is declared"),
        (None, None) => "through whichever provider the host chooses".to_owned(),
    };
    format!("WhatsApp's category: {category}; {provider}.")
}

impl Writer<'_> {
    pub(super) fn campaign(mut self, campaign: &Campaign) -> CampaignDescription {
        let syntax = &campaign.syntax;
        let mut sections = Vec::new();
        let mut section = |about, sentences: Vec<Tree>| {
            if !sentences.is_empty() {
                sections.push(Section { about, sentences });
            }
        };
        section("When", self.trigger(&campaign.trigger));
        section("Who", self.who(syntax, &campaign.trigger));
        let mut what = syntax.message.as_ref().map(|delivery| self.delivery(delivery)).unwrap_or_default();
        what.push(Tree::leaf(kind(syntax, self.rulebook.providers())));
        section("What", what);
        section("Sent", leaves(self.sent(syntax)));
        section("Stops", leaves(self.stops(syntax)));
        section("Limits", leaves(self.limits(syntax)));
        section("Left out", leaves(self.left_out(syntax)));
        section("Goal", leaves(self.goal(syntax)));
        section("Segments", self.segments());
        CampaignDescription {
            name: campaign.name.to_string(),
            title: syntax.title.as_ref().map(|title| title.node.clone()),
            sections,
        }
    }

    fn who(&mut self, campaign: &ast::Campaign, trigger: &Trigger) -> Vec<Tree> {
        let Some(audience) = &campaign.audience else {
            let by_the_clock =
                matches!(trigger, Trigger::At { .. } | Trigger::Every { .. } | Trigger::Cron { .. });
            let everyone = match by_the_clock {
                true => "Every user who is known by then.",
                false => "Everyone whom the trigger concerns.",
            };
            return vec![Tree::leaf(everyone.to_owned())];
        };
        let mut condition = self.condition(&audience.condition);
        let row = |condition: &Condition| matches!(condition, Condition::And(..) | Condition::Or(..));
        let is_row = match &audience.condition {
            Condition::Not(inner, _) => row(inner),
            condition => row(condition),
        };
        condition.text = match (is_row, condition.parts.is_empty()) {
            (true, _) => format!("Users for whom {}", condition.text),
            (false, true) => format!("Users for whom this holds: {}.", condition.text),
            (false, false) => format!("Users for whom this holds: {}", condition.text),
        };
        let asked = if audience.recheck {
            "Asked when the trigger fires, and again when the message falls due: who no longer fits gets nothing."
        } else {
            "Asked when the trigger fires, and not again."
        };
        let mut said = vec![condition, Tree::leaf(asked.to_owned())];
        if matches!(trigger, Trigger::Event(_) | Trigger::FirstTime(_) | Trigger::Followed(_)) {
            said.push(Tree::leaf("The event that triggers counts as done already.".to_owned()));
        }
        said
    }

    fn sent(&self, campaign: &ast::Campaign) -> Vec<String> {
        let mut said = Vec::new();
        said.push(match campaign.wait.as_ref().map(|wait| wait.node) {
            None => "At once after qualifying.".to_owned(),
            Some(Wait::Exact(length)) => format!("{} after qualifying.", exact_length(length)),
            Some(Wait::CalendarDays(days)) => format!(
                "{} after qualifying, at the same time of day, {}.",
                calendar_days(days),
                self.zone(true)
            ),
        });
        said.extend(campaign.deliver.as_ref().map(|hours| self.hours(hours, "Only")));
        said.push(match (&campaign.deliver, &self.rulebook.settings().quiet_hours) {
            (Some(_), Some(_)) => "Nor in the account's quiet hours.".to_owned(),
            (None, Some(_)) => "At any time but the account's quiet hours.".to_owned(),
            (Some(_), None) => String::new(),
            (None, None) => "At any time of the day and the night: there are no quiet hours.".to_owned(),
        });
        said.retain(|sentence| !sentence.is_empty());
        if let Some(throttle) = &campaign.throttle {
            said.push(format!("{}, of this campaign.", throttled(throttle)));
        }
        if let Some(priority) = &campaign.priority {
            said.push(format!(
                "With priority {}: of messages that are due at one instant, larger ones go first (0 where nothing is said).",
                priority.node
            ));
        }
        said
    }

    /// `Only 09:00 to 21:00 on Monday to Saturday, …; otherwise it waits …`
    fn hours(&self, hours: &Hours, word: &str) -> String {
        let windows = words::listed(hours.windows.iter().map(window).collect(), "and");
        let otherwise = match hours.otherwise {
            Otherwise::Hold => "Outside of that it waits until then",
            Otherwise::Drop => "Outside of that it ends",
        };
        format!("{word} {windows}, {}. {otherwise}.", self.base(&hours.base))
    }

    fn stops(&self, campaign: &ast::Campaign) -> Vec<String> {
        let mut said: Vec<String> = campaign.unless.iter().map(|unless| self.unless(unless)).collect();
        if let Some(valid) = &campaign.valid {
            said.push(format!("Not sent later than {} after qualifying.", exact_length(valid.node)));
        }
        said.extend(campaign.run.as_ref().map(|run| self.run(run)));
        said.extend(campaign.stop.as_ref().map(|stop| self.stop(stop)));
        if let Some(stop) = &campaign.safety_stop {
            said.push(format!(
                "A run with an audience of more than {} goes to nobody.",
                several(stop.audience.node.into(), "user")
            ));
        }
        if said.is_empty() {
            said.push(
                "Nothing stops it: a message that waits for its hours is sent however late.".to_owned(),
            );
        }
        said
    }

    fn unless(&self, unless: &Unless) -> String {
        format!(
            "Not sent if the user does {}{} meanwhile, up to the very instant of sending.",
            self.pattern(&unless.pattern),
            same(unless.matching.as_ref())
        )
    }

    fn run(&self, run: &Run) -> String {
        let day = |day: &crate::language::Spanned<chrono::NaiveDate>| words::date(day.node);
        let days = match (&run.from, &run.to) {
            (Some(from), Some(to)) => format!("from {} to {}, both included", day(from), day(to)),
            (Some(from), None) => format!("from {} on", day(from)),
            (None, Some(to)) => format!("until {}, included", day(to)),
            (None, None) => "without end".to_owned(),
        };
        format!("The campaign runs {days}; outside of that nothing is triggered and nothing sent.")
    }

    fn stop(&self, stop: &StopAt) -> String {
        format!(
            "From {} at {} on, {}, nothing is triggered and nothing sent.",
            words::date(stop.date),
            words::time(stop.time),
            self.base(&stop.base)
        )
    }

    fn limits(&self, campaign: &ast::Campaign) -> Vec<String> {
        let mut said: Vec<String> = Vec::new();
        for cap in &campaign.at_most {
            said.push(format!(
                "At most {} of this campaign to one user {}.",
                several(cap.count.node.into(), "message"),
                self.per(cap.per.node)
            ));
        }
        for limit in &campaign.limits {
            let per = match limit.per {
                LimitPer::Campaign => " in all".to_owned(),
                LimitPer::Day => format!(" on one day, {}", self.zone(false)),
                LimitPer::Run => " each time".to_owned(),
            };
            said.push(format!("At most {} get it{per}.", several(limit.users.node.into(), "user")));
        }
        let settings = self.rulebook.settings();
        let has_account_limits = !settings.caps.is_empty() || settings.gap.is_some();
        match (campaign.ignore_caps.is_some(), has_account_limits) {
            (true, _) => said.push("The account's caps and its gap do not hold for it; its messages count for others all the same.".to_owned()),
            (false, true) => said.push("The account's caps and gap hold too. What is over any of these ends, and does not come later.".to_owned()),
            (false, false) if said.is_empty() => said.push("None: neither the campaign nor the account has a cap.".to_owned()),
            (false, false) => {}
        }
        said
    }

    fn per(&self, per: CapPer) -> String {
        match per {
            CapPer::Rolling(length) => format!("in any {}", exact_length(length)),
            CapPer::Calendar(unit) => format!("in a calendar {}, {}", words::unit(unit), self.zone(true)),
        }
    }

    fn left_out(&self, campaign: &ast::Campaign) -> Vec<String> {
        let mut said = Vec::new();
        if let Some(share) = &campaign.holdout {
            said.push(format!(
                "{} of users, to compare with (the holdout; drawn by a fixed hash of the user's id).",
                percent(share.node)
            ));
        }
        let account = self.rulebook.settings().control_group;
        let shared = account != Percent::from_millionths(0);
        match &campaign.control {
            Some(ControlChoice::None(_)) if shared => {
                said.push("Not even the account's control group is left out.".to_owned())
            }
            Some(ControlChoice::None(_)) => {}
            Some(ControlChoice::Named(name)) => {
                said.push(format!("The control group `{}`.", name.node));
                said.extend(shared.then(|| control(account)));
            }
            None => said.extend(shared.then(|| control(account))),
        }
        said
    }

    fn goal(&self, campaign: &ast::Campaign) -> Vec<String> {
        let Some(goal) = &campaign.goal else { return Vec::new() };
        let revenue = match &goal.revenue {
            Some(property) => format!(" Revenue is the sum of {}.", path(property)),
            None => String::new(),
        };
        vec![format!(
            "Reached by {}{} within {} after the message is due.{revenue}",
            self.pattern(&goal.pattern),
            same(goal.matching.as_ref()),
            exact_length(goal.within.node)
        )]
    }

    /// Every segment that was mentioned, and those that these mention, spelt out once.
    fn segments(&mut self) -> Vec<Tree> {
        let mut said = Vec::new();
        let mut next = 0;
        while let Some(name) = self.mentioned.get(next).cloned() {
            next += 1;
            let Some(segment) = self.rulebook.segments().get(&name) else { continue };
            let title = segment
                .title
                .as_ref()
                .map_or(String::new(), |title| format!(" ({})", words::quoted(&title.node)));
            let mut tree = self.condition(&segment.condition);
            tree.text = format!("`{name}`{title}: {}", tree.text);
            said.push(tree);
        }
        said
    }

    /// What holds for all campaigns, whether it is written or not.
    pub(super) fn throughout(&self) -> Vec<Tree> {
        let settings = self.rulebook.settings();
        let mut said = vec![format!(
            "The account's time zone is {}; users without one of their own have it.",
            self.account_zone()
        )];
        if let Some(hours) = &settings.quiet_hours {
            let windows = words::listed(hours.windows.iter().map(window).collect(), "and");
            let otherwise = match hours.otherwise {
                Otherwise::Hold => "A message waits until they end.",
                Otherwise::Drop => "A message that falls into them ends.",
            };
            said.push(format!("Quiet hours: {windows}, {}. {otherwise}", self.base(&hours.base)));
        }
        for (count, per) in &settings.caps {
            said.push(format!(
                "At most {} to one user over all campaigns {}.",
                several((*count).into(), "message"),
                self.per(*per)
            ));
        }
        if let Some(gap) = settings.gap {
            said.push(format!("At least {} between two messages to one user.", exact_length(gap)));
        }
        said.push("Nobody gets a message who has not agreed to WhatsApp messages, or has no number with a country code.".to_owned());
        said.push("A time that clocks skip is the first instant after; one that they show twice is the first of the two.".to_owned());
        said.push("A property that is not known fits no test but `is not known`; where a property is a list, one fitting value is enough.".to_owned());
        said.push(
            "Texts are compared exactly, upper and lower case and spaces included, unless it says otherwise."
                .to_owned(),
        );
        leaves(said)
    }
}

pub(super) fn leaves(texts: Vec<String>) -> Vec<Tree> {
    texts.into_iter().map(Tree::leaf).collect()
}

fn control(share: Percent) -> String {
    format!("The account's control group, {} of users, who get nothing from any campaign.", percent(share))
}

fn throttled(throttle: &Throttle) -> String {
    format!(
        "At most {} in any {}",
        several(throttle.count.node.into(), "message"),
        exact_length(throttle.per.node)
    )
}

/// `09:00 to 21:00 on Monday to Saturday`
fn window(window: &DayWindow) -> String {
    let from = words::time(window.from);
    let to = window.to.map_or_else(|| "24:00".to_owned(), words::time);
    let overnight = window.to.is_some_and(|to| to <= window.from);
    let next = if overnight { " of the next day" } else { "" };
    match &window.days {
        Some(days) => format!("from {from} to {to}{next} on {}", words::weekdays(days)),
        None => format!("from {from} to {to}{next}"),
    }
}
