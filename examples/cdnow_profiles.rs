//! Makes what the CDNOW data does not have: profiles of its customers, and the list of its best ones.
//!
//! ```sh
//! cargo run --example cdnow_profiles
//! ```
//!
//! writes `examples/cdnow/profiles.csv.gz` and `examples/cdnow/lists/vip.csv` anew, always the same: each property is drawn by a
//! stable hash of the customer's id. Nobody real is in them. Telephone numbers are from the ranges that are kept free for
//! fiction (555-0100 to 555-0199 of each American area code, +44 20 7946 0000 to 0999 in London), none twice.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use campanile::model::{e164, fingerprint};
use flate2::Compression;
use flate2::GzBuilder;
use flate2::read::GzDecoder;

/// Where customers live: of a thousand so many, the zone, and the area codes that their numbers are taken from.
const PLACES: &[(u64, &str, &str)] = &[
    (
        440,
        "America/New_York",
        "201 202 203 207 212 215 216 220 223 229 231 234 239 240 248 252 260 267 269 272 276 301 302 304 305 313 315 \
         317 321 330 332 336 339 347 351 352 380 386 401 404 407 410 412 413 419 423 434 440 443 470 475 478 484 508 \
         513 516 517 518 540 551 561 567 570 571 574 585 586 603 606 607 609 610 614 616 617 631 640 646 667 678 680 \
         681 689 703 704 706 716 717 718 724 727 732 734 740 743 754 757 762 765 770 772 774 781 786 802 803 804 810 \
         813 814 828 838 839 843 845 848 854 856 857 859 860 862 863 864 865 878 904 908 910 912 914 917 919 929 934 \
         937 941 947 954 959 973 978 980 984 989",
    ),
    (
        270,
        "America/Chicago",
        "205 210 214 217 218 224 225 228 251 254 256 262 270 281 309 312 314 316 318 319 320 325 331 334 337 346 361 \
         402 405 409 414 417 430 432 469 479 501 504 507 512 515 531 539 563 573 580 601 608 612 615 618 620 630 636 \
         641 651 660 662 682 701 708 712 713 715 731 737 763 769 773 779 785 806 815 816 817 830 832 847 870 872 901 \
         903 913 918 920 931 936 938 940 952 956 972 979 985",
    ),
    (40, "America/Denver", "303 307 385 406 435 505 575 719 720 801 970"),
    (15, "America/Phoenix", "480 520 602 623 928"),
    (
        150,
        "America/Los_Angeles",
        "206 209 213 253 310 323 341 360 408 415 424 425 442 503 509 510 530 541 559 562 619 626 628 650 657 661 669 \
         702 707 714 725 747 760 775 805 818 831 858 909 916 925 949 951 971",
    ),
    (3, "America/Anchorage", "907"),
    (3, "Pacific/Honolulu", "808"),
    (6, "America/Puerto_Rico", "787 939"),
    (15, "America/Toronto", "416 647 437 905 289"),
    (8, "America/Vancouver", "604 778 236"),
    (25, "Europe/London", ""),
    // The shop asked these and got no answer, or one that names no zone.
    (15, "", "216 614 513 330 419 937 740 567 412 724 814 304 606 859 317 502"),
    (10, "Eastern Standard Time", "585 607 716 315 518 845 914 631 516 212 646 718"),
];

const NAMES: [&str; 32] = [
    "Alice", "Brian", "Carol", "Dennis", "Ellen", "Frank", "Grace", "Henry", "Irene", "James", "Karen",
    "Louis", "Megan", "Nathan", "Olivia", "Paul", "Rachel", "Scott", "Teresa", "Victor", "Wendy", "Aaron",
    "Beth", "Curtis", "Diane", "Eric", "Faith", "Gary", "Holly", "Ian", "Joyce", "Keith",
];

const SPANISH_NAMES: [&str; 16] = [
    "Ana", "Beatriz", "Carlos", "Daniela", "Eduardo", "Fernanda", "Gabriel", "Héctor", "Inés", "Javier",
    "Lucía", "Manuel", "Noelia", "Óscar", "Pilar", "Rafael",
];

const GENRES: [(u64, &str); 6] =
    [(38, "rock"), (20, "pop"), (14, "jazz"), (12, "classical"), (9, "country"), (7, "latin")];

/// The best customers until the end of November 1997, by what they spent.
const VIPS: usize = 250;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/cdnow");
    let cents_spent = customers(&folder.join("events.csv.gz"))?;

    let file = File::create(folder.join("profiles.csv.gz"))?;
    // No time of making in the file: the same customers give the same bytes.
    let mut out = GzBuilder::new().mtime(0).write(BufWriter::new(file), Compression::best());
    writeln!(out, "customer_id,first_name,language,tz,phone,whatsapp,genre")?;
    let mut numbers = Numbers::default();
    for customer in cents_spent.keys() {
        writeln!(out, "{}", profile(customer, &mut numbers)?)?;
    }
    out.finish()?.flush()?;

    let mut best: Vec<(&String, &u64)> = cents_spent.iter().collect();
    best.sort_by_key(|(_, cents)| std::cmp::Reverse(**cents));
    let mut vips: Vec<&str> = best.iter().take(VIPS).map(|(customer, _)| customer.as_str()).collect();
    vips.sort_unstable();
    std::fs::create_dir_all(folder.join("lists"))?;
    std::fs::write(folder.join("lists/vip.csv"), format!("user\n{}\n", vips.join("\n")))?;
    Ok(())
}

/// All customers, with what they spent until the end of November 1997, in cents.
fn customers(events: &Path) -> Result<BTreeMap<String, u64>, Box<dyn Error>> {
    let mut spent = BTreeMap::new();
    for row in csv::Reader::from_reader(GzDecoder::new(File::open(events)?)).deserialize() {
        let (customer, date, _cds, usd): (String, String, u32, f64) = row?;
        let cents = if &*date <= "19971130" { (usd * 100.0).round() as u64 } else { 0 };
        *spent.entry(customer).or_default() += cents;
    }
    Ok(spent)
}

/// One row of the profiles.
fn profile(customer: &str, numbers: &mut Numbers) -> Result<String, Box<dyn Error>> {
    let place = pick(PLACES.iter().map(|(share, ..)| *share), draw("place", customer));
    let Some((_, zone, area_codes)) = PLACES.get(place) else { return Err("no place".into()) };
    let spanish = match *zone {
        "America/Puerto_Rico" => draw("language", customer) % 100 < 85,
        "Europe/London" => false,
        _ => draw("language", customer) % 100 < 12,
    };
    let names: &[&str] = if spanish { &SPANISH_NAMES } else { &NAMES };
    let name = match draw("name", customer) % 1000 {
        // Some never told their name.
        0..40 => "",
        other => names.get(other as usize % names.len()).copied().unwrap_or_default(),
    };
    let language = match draw("says language", customer) % 100 {
        0..10 => "",
        _ if spanish => "es",
        _ => "en",
    };
    let number = numbers.next(place, area_codes)?;
    let phone = match draw("phone", customer) % 1000 {
        0..35 => String::new(),
        // Without its country code a number is nobody's.
        35..50 => number.trim_start_matches("+44").trim_start_matches("+1").to_owned(),
        // As people write them.
        50..200 => match number.strip_prefix("+1").map(|rest| (&rest[..3], &rest[3..6], &rest[6..])) {
            Some((area, exchange, line)) => format!("+1 ({area}) {exchange}-{line}"),
            None => format!("00{}", &number[1..]),
        },
        _ => number,
    };
    let consent = match draw("consent", customer) % 100 {
        0..85 => "true",
        85..95 => "false",
        _ => "",
    };
    let genre = pick(GENRES.iter().map(|(share, _)| *share), draw("genre", customer));
    let is_said = draw("says genre", customer) % 100 < 60;
    let genre = GENRES.get(genre).filter(|_| is_said).map_or("", |(_, genre)| genre);
    Ok(format!("{customer},{name},{language},{zone},{phone},{consent},{genre}"))
}

/// Which of several shares a draw falls on.
fn pick(shares: impl Iterator<Item = u64> + Clone, draw: u64) -> usize {
    let mut left = draw % shares.clone().sum::<u64>();
    let mut index = 0;
    for share in shares {
        if left < share {
            return index;
        }
        left -= share;
        index += 1;
    }
    index
}

/// A number that is always the same for a customer, and says nothing of the customer's other draws.
fn draw(what: &str, customer: &str) -> u64 {
    (fingerprint([b"cdnow".as_slice(), what.as_bytes(), customer.as_bytes()]) >> 64) as u64
}

/// Hands out the free numbers, each once.
#[derive(Default)]
struct Numbers {
    taken: BTreeMap<String, u32>,
    turn: usize,
}

impl Numbers {
    fn next(&mut self, place: usize, area_codes: &str) -> Result<String, Box<dyn Error>> {
        let codes: Vec<&str> = area_codes.split_whitespace().collect();
        let (prefix, free, width) = if codes.is_empty() {
            (String::from("+442079460"), 1000, 3)
        } else {
            let has_room =
                |code: &&&str| self.taken.get(&format!("+1{code}55501")).is_none_or(|taken| *taken < 100);
            self.turn += 1;
            let turn = self.turn % codes.len();
            let Some(code) = codes.iter().cycle().skip(turn).take(codes.len()).find(has_room) else {
                return Err(format!("place {place} needs more area codes").into());
            };
            (format!("+1{code}55501"), 100, 2)
        };
        let taken = self.taken.entry(prefix.clone()).or_default();
        let number = format!("{prefix}{taken:0width$}");
        *taken += 1;
        if *taken > free {
            return Err(format!("there are no more free numbers that begin with {prefix}").into());
        }
        Ok(e164(&number)?.to_string())
    }
}
