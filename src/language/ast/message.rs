//! What users get: one message or one of several, an approved template or one within the service window.
//!
//! Every text in it that is a `Spanned<String>` is Liquid, unless its field says otherwise.

use super::*;
use crate::model::{Duration, Percent};
use crate::saved::saved;

/// What a campaign sends: one message, or one of several.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivery {
    /// `send …`
    One(Message),
    /// `split { 70% send … 30% send … }`
    Split(Split),
    /// `by profile.tier { "gold": send … else: send … }`
    By(By),
    /// `test { on 10% send … send … winner by read after 4 hours }`
    Test(AbTest),
}

impl Delivery {
    /// Every message in it, as written.
    pub fn messages(&self) -> Vec<&Message> {
        match self {
            Delivery::One(message) => vec![message],
            Delivery::Split(split) => split.arms.iter().map(|arm| &arm.message).collect(),
            Delivery::By(by) => by.arms.iter().map(|arm| &arm.message).chain([&by.otherwise]).collect(),
            Delivery::Test(test) => test.arms.iter().map(|arm| &arm.message).collect(),
        }
    }

    /// The whole clause.
    pub const fn span(&self) -> Span {
        match self {
            Delivery::One(message) => message.span(),
            Delivery::Split(split) => split.span,
            Delivery::By(by) => by.span,
            Delivery::Test(test) => test.span,
        }
    }
}

/// `split { 70% send template a 30% plain: send template b }`: by fixed shares, a user always has the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// Two or more; their shares are 100 % together.
    pub arms: Vec<SplitArm>,
    /// The whole clause.
    pub span: Span,
}

/// `30% plain: send template b`
#[derive(Debug, Clone, PartialEq)]
pub struct SplitArm {
    /// The share of users.
    pub share: Spanned<Percent>,
    /// What jobs call it; `a`, `b`, `c` … by place when nothing is said.
    pub name: Option<Ident>,
    /// What they get.
    pub message: Message,
}

/// `by profile.tier { "gold", "platinum": send … else: send … }`
#[derive(Debug, Clone, PartialEq)]
pub struct By {
    /// The profile's property that decides.
    pub property: Path,
    /// The first that has the value is taken.
    pub arms: Vec<ByArm>,
    /// What everyone else gets.
    pub otherwise: Message,
    /// The whole clause.
    pub span: Span,
}

impl By {
    /// Whether a profile has one of the values of an arm, by its place.
    pub fn condition(&self, arm: usize) -> Option<Condition> {
        let operation = Operation::In(self.arms.get(arm)?.values.clone());
        let (path, span) = (self.property.clone(), self.property.span);
        let test = Test { path, operation, every: false, ignoring_case: false, span };
        Some(Condition::Profile(Filter::Test(test)))
    }
}

/// `"gold", "platinum": send …`
#[derive(Debug, Clone, PartialEq)]
pub struct ByArm {
    /// One or more; any of them is enough.
    pub values: Vec<Spanned<Literal>>,
    /// What users with one of them get.
    pub message: Message,
}

/// `test { on 10% send … send … winner by read after 4 hours }`
#[derive(Debug, Clone, PartialEq)]
pub struct AbTest {
    /// Who takes part.
    pub size: TestSize,
    /// Two or more.
    pub arms: Vec<TestArm>,
    /// What decides.
    pub winner: Spanned<Metric>,
    /// How long after the test's sending it is decided.
    pub after: Spanned<Duration>,
    /// The whole clause.
    pub span: Span,
}

/// `plain: send template b`
#[derive(Debug, Clone, PartialEq)]
pub struct TestArm {
    /// What jobs call it; `a`, `b`, `c` … by place when nothing is said.
    pub name: Option<Ident>,
    /// What its users get.
    pub message: Message,
}

/// How many users take part in an A/B test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TestSize {
    /// `on 10%`: of the audience.
    Share(Spanned<Percent>),
    /// `on 1_000 users`
    Users(Spanned<u32>),
}

/// What the variants of an A/B test are compared by: the share of their jobs that have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// `read`
    Read,
    /// `click`
    Click,
    /// `reply`
    Reply,
    /// `goal`: the campaign's goal.
    Goal,
}

saved!(enum Metric {
    0 => Read,
    1 => Click,
    2 => Reply,
    3 => Goal,
});

impl Metric {
    /// The word in rules: `click`.
    pub const fn name(self) -> &'static str {
        match self {
            Metric::Read => "read",
            Metric::Click => "click",
            Metric::Reply => "reply",
            Metric::Goal => "goal",
        }
    }
}

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// `send template …`: an approved template, at any time.
    Template(Box<TemplateMessage>),
    /// `send text …` and so on: only within 24 hours of the user's last word.
    FreeForm(FreeForm),
}

impl Message {
    /// As written.
    pub const fn span(&self) -> Span {
        match self {
            Message::Template(message) => message.span,
            Message::FreeForm(message) => message.span,
        }
    }
}

/// `send template cart_reminder in profile.language or "en" { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateMessage {
    /// The approved template's name; no Liquid.
    pub template: Ident,
    /// In which language; the template's only one, or `en`, when nothing is said.
    pub language: Option<LanguageChoice>,
    /// `header image "…"`
    pub header: Option<Header>,
    /// `body …`; empty when there is none.
    pub body: Vec<BodyValue>,
    /// `button 0 url: "…"`, by index.
    pub buttons: Vec<Button>,
    /// `offer ends in 3 hours`
    pub offer: Option<Offer>,
    /// `card { … }`, each.
    pub cards: Vec<Card>,
    /// `code "{{ event.otp }}"`: the one-time code of an authentication template.
    pub code: Option<Spanned<String>>,
    /// As written.
    pub span: Span,
}

/// `in profile.language or "en"`, `in "en_US"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanguageChoice {
    /// The profile's property that names the language.
    pub profile: Option<Path>,
    /// The language when the profile names none, or one in which the template is not approved; no Liquid.
    pub fallback: Spanned<String>,
}

/// `header image "{{ event.image_url }}"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// What it shows.
    pub content: HeaderContent,
    /// The word after `header`: `image`.
    pub kind: Span,
    /// As written.
    pub span: Span,
}

/// What a header shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderContent {
    /// `text "…"`
    Text(Spanned<String>),
    /// `image "https://…"`, `video`, `document`
    Media(Media),
    /// `location "18.52", "73.86" named "…" address "…"`
    Location(Place),
    /// `product "sku" in catalog "id"`
    Product(Product),
}

impl HeaderContent {
    /// The word in rules: `image`.
    pub const fn name(&self) -> &'static str {
        match self {
            HeaderContent::Text(_) => "text",
            HeaderContent::Media(media) => media.kind.name(),
            HeaderContent::Location(_) => "location",
            HeaderContent::Product(_) => "product",
        }
    }
}

/// `document "https://…" named "invoice.pdf"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// What it is. Headers have images, videos and documents.
    pub kind: MediaKind,
    /// Its address.
    pub link: Spanned<String>,
    /// The name that is shown; of a document alone.
    pub filename: Option<Spanned<String>>,
}

/// What a medium is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A film.
    Video,
    /// A recording.
    Audio,
    /// A file.
    Document,
    /// A sticker.
    Sticker,
}

impl MediaKind {
    /// The word in rules: `image`.
    pub const fn name(self) -> &'static str {
        match self {
            MediaKind::Image => "image",
            MediaKind::Video => "video",
            MediaKind::Audio => "audio",
            MediaKind::Document => "document",
            MediaKind::Sticker => "sticker",
        }
    }
}

/// `location "{{ event.lat }}", "{{ event.lon }}" named "…" address "…"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// In degrees, north is positive.
    pub latitude: Spanned<String>,
    /// In degrees, east is positive.
    pub longitude: Spanned<String>,
    /// What it is called.
    pub name: Option<Spanned<String>>,
    /// Where it is, in words.
    pub address: Option<Spanned<String>>,
}

/// `product "{{ event.sku }}" in catalog "194836987003835"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// The product's id in the catalogue, its retailer's own.
    pub product: Spanned<String>,
    /// The catalogue's id.
    pub catalog: Spanned<String>,
}

/// One value of the body: `amount: "{{ event.amount }}"`, or without a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BodyValue {
    /// The parameter's name; `None` for positional ones.
    pub name: Option<Ident>,
    /// The value.
    pub content: BodyContent,
    /// As written, with its name.
    pub span: Span,
}

/// What a value of the body is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyContent {
    /// `"…"`
    Text(Spanned<String>),
    /// `currency "{{ event.amount }}" "INR" or "₹{{ event.amount }}"`
    Currency {
        /// The amount, a number.
        amount: Spanned<String>,
        /// The currency, by three letters.
        code: Spanned<String>,
        /// What is shown where WhatsApp cannot write the amount in the user's way; code and amount when nothing is said.
        fallback: Option<Spanned<String>>,
    },
    /// `date "{{ event.day | date: '%d %B' }}"`: shown as it is written here.
    Date(Spanned<String>),
}

/// `button 0 url: "cart/{{ event.cart_id }}"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Its place in the template, from 0 to 9.
    pub index: Spanned<u8>,
    /// What it is given.
    pub content: ButtonContent,
    /// The word after the index: `url`.
    pub kind: Span,
    /// As written.
    pub span: Span,
}

/// What a button is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ButtonContent {
    /// `url: "…"`: the end of its address.
    Url(Spanned<String>),
    /// `payload: "…"`: what a quick reply answers.
    Payload(Spanned<String>),
    /// `code: "…"`: the coupon code to copy.
    Code(Spanned<String>),
    /// `flow token "…" data name: "…"`
    Flow(FlowData),
    /// `catalog thumbnail "sku"`
    Catalog {
        /// The product whose picture is shown; the catalogue's first when nothing is said.
        thumbnail: Option<Spanned<String>>,
    },
    /// `products thumbnail "sku" { section "Shoes": "a", "b" }`
    Products {
        /// The product whose picture is shown.
        thumbnail: Spanned<String>,
        /// What it lists.
        sections: Vec<ProductSection>,
    },
}

impl ButtonContent {
    /// The word in rules: `url`.
    pub const fn name(&self) -> &'static str {
        match self {
            ButtonContent::Url(_) => "url",
            ButtonContent::Payload(_) => "payload",
            ButtonContent::Code(_) => "code",
            ButtonContent::Flow(_) => "flow",
            ButtonContent::Catalog { .. } => "catalog",
            ButtonContent::Products { .. } => "products",
        }
    }
}

/// What a flow begins with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FlowData {
    /// `token "…"`: what comes back with the answer.
    pub token: Option<Spanned<String>>,
    /// `data name: "…", city: "…"`: what its first screen is given.
    pub data: Vec<(Ident, Spanned<String>)>,
}

/// `section "Shoes": "sku1", "sku2"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProductSection {
    /// Its title.
    pub title: Spanned<String>,
    /// The products' ids in the catalogue.
    pub products: Vec<Spanned<String>>,
}

/// `offer ends in 3 hours`, `offer ends at "{{ event.ends }}"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// When it ends.
    pub end: OfferEnd,
    /// The whole clause.
    pub span: Span,
}

/// When a limited-time offer ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfferEnd {
    /// `in 3 hours`: so long after the message is due.
    In(Spanned<Duration>),
    /// `at "{{ event.ends }}"`: an instant.
    At(Spanned<String>),
}

/// `card { header image "…" body "…" button 0 url: "…" }`: one card of a carousel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Its picture, film or product.
    pub header: Option<Header>,
    /// Its text's values.
    pub body: Vec<BodyValue>,
    /// Its buttons' values, by index.
    pub buttons: Vec<Button>,
    /// As written.
    pub span: Span,
}

/// A message that is no template: WhatsApp takes it within 24 hours of the user's last word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FreeForm {
    /// What it is.
    pub content: FreeContent,
    /// As written.
    pub span: Span,
}

/// What a free-form message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FreeContent {
    /// `text "…" with preview`
    Text {
        /// The text.
        text: Spanned<String>,
        /// The first address in it is shown with a picture.
        preview: bool,
    },
    /// `image "https://…" caption "…"`
    Media {
        /// The medium.
        media: Media,
        /// The text under it; not of a recording or a sticker.
        caption: Option<Spanned<String>>,
    },
    /// `location "18.52", "73.86" named "…" address "…"`
    Location(Place),
    /// `interactive { … }`
    Interactive(Box<Interactive>),
}

/// `interactive { header … body "…" footer "…" reply "Yes" … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interactive {
    /// `header image "…"`
    pub header: Option<Header>,
    /// `body "…"`; products need none.
    pub body: Option<Spanned<String>>,
    /// `footer "…"`
    pub footer: Option<Spanned<String>>,
    /// What the user can do.
    pub action: Spanned<Action>,
}

/// What a user can do with an interactive message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `reply "Yes" id "yes"`, up to three.
    Replies(Vec<Choice>),
    /// `list "Pick a day" { section "This week" row "Monday" id "mon" described "before noon" }`
    List {
        /// What the button says that opens it.
        label: Spanned<String>,
        /// What it lists.
        sections: Vec<ListSection>,
    },
    /// `link "Track it" to "https://…"`
    Link {
        /// What the button says.
        label: Spanned<String>,
        /// What it opens.
        url: Spanned<String>,
    },
    /// `ask location`
    AskLocation,
    /// `flow "Book now" id "1234567" screen "BOOK" token "…" data name: "…"`
    Flow {
        /// What the button says.
        label: Spanned<String>,
        /// The flow's id.
        id: Spanned<String>,
        /// Its first screen; decided by the flow's own server when nothing is said.
        screen: Option<Spanned<String>>,
        /// What it begins with.
        start: FlowData,
    },
    /// `catalog thumbnail "sku"`
    Catalog {
        /// The product whose picture is shown.
        thumbnail: Option<Spanned<String>>,
    },
    /// `product "sku" in catalog "id"`
    Product(Product),
    /// `products in catalog "id" { section "Shoes": "a", "b" }`
    Products {
        /// The catalogue's id.
        catalog: Spanned<String>,
        /// What is listed.
        sections: Vec<ProductSection>,
    },
}

/// `section "This week"` and the rows after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListSection {
    /// Its title; needed where there are several.
    pub title: Option<Spanned<String>>,
    /// Its rows.
    pub rows: Vec<Choice>,
}

/// `reply "Yes" id "yes"`, `row "Monday" id "mon" described "before noon"`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What the user sees.
    pub title: Spanned<String>,
    /// What comes back; the title when nothing is said.
    pub id: Option<Spanned<String>>,
    /// What else the user sees; of rows alone.
    pub description: Option<Spanned<String>>,
    /// As written.
    pub span: Span,
}
