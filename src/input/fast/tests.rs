//! The fast reader against the reader of records: the same events, records and bad rows, however the log is cut.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::{Tally, TextLog, held};
use crate::columns::{Batch, Shards, Wanted};
use crate::input::{Format, Limits, ReadOptions, Reject, Row, from_read};
use crate::model::{Duration, Event, Instant, Record, Text, Value};

/// Everything that a log says; where not all properties are wanted, these in the order of their names.
#[derive(Debug, PartialEq)]
struct Said {
    records: Vec<Row>,
    events: Vec<Event>,
    /// How many events there were before each record.
    places: Vec<usize>,
    rejects: Vec<Reject>,
    tally: Tally,
}

impl Said {
    fn new() -> Said {
        Said {
            records: Vec::new(),
            events: Vec::new(),
            places: Vec::new(),
            rejects: Vec::new(),
            tally: Tally::default(),
        }
    }

    fn event(&mut self, event: Event, wanted: &Wanted) {
        let properties = event.properties.iter().map(|(name, value)| (name.clone(), value.clone()));
        let mut properties: Vec<(Text, Value)> = properties.collect();
        if wanted.properties.is_some() {
            properties.sort_by(|one, other| one.0.cmp(&other.0));
        }
        self.events.push(Event { properties: properties.into_iter().collect(), ..event });
    }

    fn record(&mut self, record: Record) {
        self.places.push(self.events.len());
        self.records.push(Row::Record(record));
    }

    fn batch(&mut self, batch: &Batch<'_>, wanted: &Wanted) {
        let mut records = batch.records.iter();
        let mut record = records.next();
        for row in 0..=batch.rows {
            while let Some((_, due)) = record.filter(|(place, _)| *place <= row) {
                self.record(due.clone());
                record = records.next();
            }
            if row < batch.rows {
                self.event(batch.event(row).expect("a row that is an event"), wanted);
            }
        }
        assert!(record.is_none());
    }
}

fn slowly(log: &[u8], options: &ReadOptions, wanted: &Wanted) -> Option<Said> {
    let mut said = Said::new();
    for row in from_read("log", Cursor::new(log.to_vec()), options).ok()? {
        match row.ok()? {
            Row::Record(Record::Event(mut event)) => {
                let kept = event.properties.iter().filter(|(name, _)| wanted.property(name));
                event.properties = kept.map(|(name, value)| (name.clone(), value.clone())).collect();
                said.tally.events += 1;
                said.event(event, wanted);
            }
            Row::Record(record) => {
                said.tally.records += 1;
                said.record(record);
            }
            Row::Ignored(what) => *said.tally.ignored.entry(what).or_default() += 1,
            Row::Reject(reject) => {
                *said.tally.rejected.entry(reject.kind).or_default() += 1;
                said.rejects.push(reject);
            }
        }
    }
    Some(said)
}

/// Reads all parts, on so many threads, and puts them in order.
fn quickly(log: &TextLog, wanted: &Wanted, threads: usize) -> Said {
    let rejects: Arc<Mutex<Vec<Reject>>> = Arc::default();
    let sink = Arc::clone(&rejects);
    log.rejects_to(Box::new(move |reject| held(&sink).push(reject)));
    let parts: Mutex<BTreeMap<usize, Said>> = Mutex::default();
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let shard = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if !log.has(shard) {
                        return;
                    }
                    let mut said = Said::new();
                    log.read(shard, wanted, &mut |batch| {
                        said.batch(batch, wanted);
                        true
                    })
                    .unwrap();
                    held(&parts).insert(shard, said);
                }
            });
        }
    });
    let mut all = Said::new();
    for (_, mut part) in parts.into_inner().unwrap() {
        all.places.extend(part.places.iter().map(|place| place + all.events.len()));
        all.events.append(&mut part.events);
        all.records.append(&mut part.records);
    }
    all.rejects = std::mem::take(&mut held(&rejects));
    all.tally = log.tally();
    all
}

/// Compares both readers of a log, cut into parts of so many bytes.
fn compare(log: &[u8], options: &ReadOptions, wanted: &Wanted, part: usize, threads: usize) {
    let Some(expected) = slowly(log, options, wanted) else { return };
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(log).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    let text = TextLog::file("log", file, options, part).unwrap();
    assert_eq!(quickly(&text, wanted, threads), expected, "a file in parts of {part} bytes");
    let stream = from_read("log", Cursor::new(log.to_vec()), options).unwrap();
    let text = TextLog::stream(stream, options, part).unwrap();
    assert_eq!(quickly(&text, wanted, threads), expected, "a stream in parts of {part} bytes");
}

fn every_way(log: &[u8], options: &ReadOptions) {
    let names =
        |names: &[&str]| Wanted { properties: Some(names.iter().map(|name| Text::from(*name)).collect()) };
    for wanted in
        [Wanted::default(), names(&[]), names(&["city", "price", "items", "at"]), names(&["nobody", "a"])]
    {
        for (part, threads) in [(1, 1), (37, 2), (400, 7), (1 << 20, 1)] {
            compare(log, options, &wanted, part, threads);
        }
    }
}

const SEGMENT: &[&str] = &[
    r#"{"type":"track","userId":"asha","event":"Charged","timestamp":"2026-11-03T10:00:00Z","messageId":"m1","properties":{"city":"Pune","price":12.5,"a":1}}"#,
    r#"{"type":"track","userId":7,"event":"Charged","timestamp":"2026-11-03T10:00:00.250Z","properties":{"city":"Mumbai","price":12,"at":true,"a":null}}"#,
    r#"{"userId":"asha","event":"Viewed","timestamp":1793700000,"properties":{"city":"\u0928\u093e","price":1e3,"items":[{"sku":"s"}]}}"#,
    r#"{"userId":"asha","event":"Viewed","timestamp":1793700000.25,"anonymousId":"x","properties":{},"context":{"a":[1,2,{"b":"c\n"}],"t":null}}"#,
    r#"{"type":"page","userId":"asha","properties":{"city":"x"}}"#,
    r#"{"type":"identify","userId":"asha","traits":{"city":"Pune","tier":null}}"#,
    r#"{"type":"number","number":"+919820012345","status":"blocked"}"#,
    r#"{"type":"template","template":"t","status":"DISABLED"}"#,
    r#"{"userId":"a","userId":"b","event":"E","timestamp":1,"properties":{"city":"x","city":"y"}}"#,
    r#"{"userId":"a","event":"E","timestamp":1,"properties":{"city":"x"},"properties":{"price":18446744073709551615}}"#,
    r#"{"userId":"a","event":"E\u0041","timestamp":1,"properties":{"pric\u0065":-0.0,"a":9007199254740993,"at":"$D_1"}}"#,
    r#"{"userId":18446744073709551615,"event":"E","timestamp":1,"properties":[]}"#,
    r#"{"userId":" ","event":"E","timestamp":1}"#,
    r#"{"userId":"a","event":"","timestamp":1}"#,
    r#"{"userId":"a","event":"E","timestamp":"soon"}"#,
    r#"{"userId":"a","event":"E","timestamp":"2026-11-03T10:00:00","properties":{"a":"\ud800"}}"#,
    r#"{"userId":"a","event":"E","timestamp":1,"properties":{"a":1e400}}"#,
    r#"{"userId":"a","event":"E","timestamp":1,"context":{"a":1e400,"s":"\ud800"}}"#,
    r#"  {"userId":"a" , "event":	"E","timestamp":1 , "messageId":12,"properties":null}  "#,
    r#"{"anonymousId":"a","event":"E","timestamp":1}"#,
    r#"{"userId":"a","event":"E","timestamp":1,"properties":{"a":[[[[[[1]]]]]],"b":{"c":{"d":{"e":{}}}}}}"#,
    r#"{"event":"Charged","properties":{"price":7,"city":"Pune"},"timestamp":"2026-11-03T10:00:00Z","userId":"asha"}"#,
    r#"{"event": "Charged", "properties": {"price": 7, "city": "Pune"}, "timestamp": "2026-11-03T10:00:00Z", "userId": "asha"}"#,
    r#"{"event": "Charged", "properties": { }, "timestamp":  1, "userId": "asha" }"#,
    r#"{"userId":"a","event":"E","timestamp":1,"properties":{"a name of more than two and thirty letters":1,"city":"a city of more than sixteen letters"}}"#,
    r#"{"userId":"a","event":"E","timestamp":1,"properties":{"a":12345678,"price":123456789012345678901234567890,"at":-12345678.12345678e-3}}"#,
    r#"{"userId":"a","event":"E","timestamp":1,"properties":{"a":1,}}"#,
    r#"{"userId":"a","event":"E","timestamp":1,"properties":{"a":1]}"#,
    "",
    "   ",
    "{",
    "[]",
    "null",
    r#"{"userId":"a","event":"E","timestamp":1,}"#,
    r#"{"userId":"a","event":"E","timestamp":1} x"#,
    "{\"userId\":\"a\tb\",\"event\":\"E\",\"timestamp\":1}",
    r#"{"type":"delete","userId":"a"}"#,
    r#"{"type":null,"userId":"a","event":"E","timestamp":-5}"#,
];

const CLEVERTAP: &[&str] = &[
    r#"{"type":"event","identity":"u1","ts":1468308340,"evtName":"Charged","evtData":{"price":300,"city":"Pune","at":"$D_1468322268","items":[{"a":1}]}}"#,
    r#"{"identity":"u2","ts":"20200319221000","evtName":"Viewed","evtData":{"price":"x","a":"$D_x","at":"$D_99999999999999"}}"#,
    r#"{"identity":"u2","ts":20200319221000,"evtName":"Viewed","evtData":{"b":"$D_99999999999999"}}"#,
    r#"{"type":"profile","identity":"u1","profileData":{"Name":"Jack","x":{"$delete":1}}}"#,
    r#"{"type":"event","objectId":"o1","ts":5,"evtName":"Viewed"}"#,
    r#"{"type":"event","identity":"u1","ts":5}"#,
    r#"{"eventName":"App Launched"}"#,
    r#"{"profile":{"identity":"p"},"ts":20200319221000,"eventProps":{"city":"Delhi"}}"#,
    r#"{"identity":"u3","profile":{"identity":"p","objectId":"\ud800"},"ts":7,"eventProps":{"city":"Delhi"}}"#,
    r#"{"eventName":"Charged","evtData":null,"identity":null}"#,
    r#"{"type":"sms","value":"1"}"#,
    r#"{"type":"whatsapp","value":"+919820012345","status":"Unsubscribe"}"#,
    r#"{"identity":"u3","evtName":"E","evtData":{}}"#,
];

const MAPPED: &[&str] = &[
    r#"{"user_id":1,"ts":1767225600000,"event":"Charged","props":{"city":"Mumbai","platform":"android","price":12.5,"qty":1}}"#,
    r#"{"user_id":2,"ts":1767225600001,"event":"Charged","props":{"city":"Mumbai","price":10.0,"a":"x"},"city":"y"}"#,
    r#"{"user_id":"2","ts":1767225600001,"event":"Viewed","props":7}"#,
    r#"{"user_id":"2","ts":1767225600001,"event":"Viewed","props":null,"id":"i"}"#,
    r#"{"user_id":"2","ts":"1767225600001","event":"Viewed","props":[1]}"#,
    r#"{"user_id":-3,"ts":1.5,"event":"Viewed","id":7}"#,
    r#"{"user_id":-0,"ts":1,"event":"Viewed"}"#,
    r#"{"ts":1,"event":"Viewed"}"#,
    r#"{"user_id":null,"ts":1,"event":7}"#,
    r#"{"user_id":"a","event":"Viewed","items":{"a":1}}"#,
];

const CSV: &[&str] = &[
    "user_id,ts,event,city,price,a,items,at",
    "1,1767225600,Charged,Pune,12.5,x,,2026-11-03",
    "00002,2026-11-03,Viewed,Mumbai,10,00012,-0,+919820012345",
    " 3 ,\t2026-11-03T10:00:00Z,Viewed,Mumbai,10.0,1e5,.5,5.,",
    "4,1,\"Charged, twice\",\"say \"\"hi\"\"\",1,2,3,4",
    "5,1,E,\"two",
    "lines\",1,2,3,4",
    "6,1,E,\"two",
    "lines\"x,1,2,3,4",
    "7,1,E,five\" disk,1,2,3,4,,",
    "8,1,E,1,2",
    "9,1,E,1,2,3,4,5,6",
    ",1,E,1,2,3,4,5",
    "10,soon,E,1,2,3,4,5",
    "11,,E,1,2,3,4,5",
    "12,1,,1,2,3,4,5",
    "13,1,E,,,,,",
    "\"14\",\"1\",\"E\",\"\",\" x \",\"2\",\"\",\"4\"",
    "15,1,E,12345678901234567890,98765432109876543210.5,9007199254740993,9223372036854775807,-9223372036854775808",
    "16,1,E,\"not closed,1,2,3,4",
    "",
    "  ",
    "17,1,E,a\tb,é,2,3,4",
];

const TABLES: [&str; 5] = [
    "user=user_id,at=ts,event=event",
    "user=user_id,at=ts,event='Charged',id=event,properties=city+price+city",
    "user=user_id,at=ts:unix,event=event,id=items",
    "user=user_id,at=ts",
    "user=user_id",
];

fn in_india() -> ReadOptions {
    let local_time = |wall_clock: chrono::NaiveDateTime| {
        Instant::from(wall_clock.and_utc()) - Duration::from_seconds(19_800)
    };
    ReadOptions { local_time: Arc::new(local_time), ..ReadOptions::default() }
}

fn with_format(format: Format) -> ReadOptions {
    ReadOptions { format: Some(format), ..in_india() }
}

fn mapped(columns: &str) -> ReadOptions {
    ReadOptions { columns: Some(columns.parse().unwrap()), ..with_format(Format::Json) }
}

const MAPPINGS: [&str; 6] = [
    "user=user_id,at=ts:unix_ms,event=event,properties=props",
    "user=user_id,at=ts,event=event,id=id",
    "user=user_id,at=ts,event='Charged',properties=props+id+user_id+city",
    "user=user_id,at=ts,event=event,id=event",
    "user=user_id",
    "user=user_id,at=ts:unix,event=event,properties=nothing",
];

fn small(mut options: ReadOptions) -> ReadOptions {
    let mut limits = Limits::default();
    (limits.row_bytes, limits.raw_bytes, limits.properties, limits.values, limits.depth) = (110, 20, 3, 8, 4);
    options.limits = limits;
    options
}

/// Every form of log, with how it is read.
fn forms() -> Vec<(&'static [&'static str], ReadOptions)> {
    let mut forms =
        vec![(SEGMENT, with_format(Format::Segment)), (CLEVERTAP, with_format(Format::CleverTap))];
    forms.extend(MAPPINGS.map(|mapping| (MAPPED, mapped(mapping))));
    let csv =
        |columns: &str| ReadOptions { columns: Some(columns.parse().unwrap()), ..with_format(Format::Csv) };
    forms.extend(TABLES.map(|columns| (CSV, csv(columns))));
    forms
}

#[test]
fn each_line_is_what_the_reader_of_records_says() {
    for (lines, options) in forms() {
        for line in lines {
            compare(line.as_bytes(), &options, &Wanted::default(), 1 << 20, 1);
        }
        every_way(lines.join("\n").as_bytes(), &options);
        every_way(format!("\u{feff}{}\r\n", lines.join("\r\n")).as_bytes(), &options);
        every_way(&[b"\n", lines.join("\n").as_bytes(), b"\n\xff\xfe{\n"].concat(), &options);
        every_way(lines.join("\n").as_bytes(), &small(options.clone()));
        // What breaks one row comes before the others.
        let turned: Vec<&str> = lines[..1].iter().chain(lines[1..].iter().rev()).copied().collect();
        every_way(turned.join("\n").as_bytes(), &options);
        every_way(turned.join("\n").as_bytes(), &small(options));
    }
}

#[test]
fn plain_lines_are_read_without_the_reader_of_records() {
    use super::line::{Line, Read};
    use super::moments::Moments;
    use super::table::Table;
    for (lines, options, plain) in [
        (SEGMENT, with_format(Format::Segment), 5),
        (CLEVERTAP, with_format(Format::CleverTap), 1),
        (MAPPED, mapped(MAPPINGS[0]), 3),
    ] {
        let wanted = Wanted { properties: Some(vec!["city".into(), "price".into()]) };
        let mut table = Table::new(options.format.unwrap(), options.columns.as_ref(), &wanted);
        let mut line = Line::new(&options.limits, &table.shape);
        let mut moments = Moments::new(options.local_time.clone());
        let quick = lines.iter().filter(|text| line.read(text, &mut table, &mut moments).0 != Read::Nothing);
        assert!(quick.count() >= plain);
        assert_ne!(line.read(lines[0], &mut table, &mut moments).0, Read::Nothing);
    }
}

#[test]
fn plain_rows_are_read_without_the_reader_of_records() {
    use super::csv::CsvLine;
    use super::line::Line;
    use super::moments::Moments;
    use super::table::Table;
    let (_, options) = forms().into_iter().find(|(_, options)| options.format == Some(Format::Csv)).unwrap();
    let mut reader = from_read("log", Cursor::new(CSV.join("\n")), &options).unwrap();
    let (_, crate::input::detect::Body::Csv(rows)) = reader.parts() else { panic!("a table") };
    let mut csv = CsvLine::new(rows.plan(), 1000);
    let mut table = Table::new(Format::Csv, options.columns.as_ref(), &Wanted::default());
    csv.prepare(&mut table);
    let mut line = Line::new(&options.limits, &table.shape);
    let mut moments = Moments::new(options.local_time);
    let quick = CSV[1..].iter().filter(|row| csv.read(row, &mut line, &mut moments, false).is_some());
    assert!(quick.count() >= 6);
    assert!(CSV[1..4].iter().all(|row| csv.read(row, &mut line, &mut moments, false).is_some()));
}

#[test]
fn documents_are_read_in_order() {
    let document = format!("[{}]", MAPPED.join(",\n"));
    every_way(document.as_bytes(), &mapped(MAPPINGS[0]));
    every_way(b"", &with_format(Format::Segment));
}

#[test]
fn compressed_logs_are_cut_as_they_are_unpacked() {
    let log: Vec<&str> = SEGMENT.iter().copied().cycle().take(500).collect();
    let log = log.join("\n");
    let expected = slowly(log.as_bytes(), &with_format(Format::Segment), &Wanted::default()).unwrap();
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&zstd::encode_all(log.as_bytes(), 1).unwrap()).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    let text = TextLog::file("log", file, &with_format(Format::Segment), 1000).unwrap();
    assert_eq!(quickly(&text, &Wanted::default(), 3), expected);
    let again = text.read(0, &Wanted::default(), &mut |_| true).unwrap_err();
    assert!(again.to_string().contains("cannot be read again"), "{again}");
}

#[test]
fn a_file_that_cannot_be_read_to_its_end_is_an_error() {
    let log: String = (0..40_000_u64)
        .map(|n| format!("{{\"userId\":{},\"event\":\"E\",\"timestamp\":1}}\n", n * n * n))
        .collect();
    let mut packed = zstd::encode_all(log.as_bytes(), 1).unwrap();
    packed.truncate(packed.len() / 2);
    let read = |text: &TextLog| {
        (0..)
            .take_while(|shard| text.has(*shard))
            .find_map(|shard| text.read(shard, &Wanted::default(), &mut |_| true).err())
    };
    let stream = from_read("log", Cursor::new(packed), &with_format(Format::Segment)).unwrap();
    let text = TextLog::stream(stream, &with_format(Format::Segment), 1000).unwrap();
    assert!(read(&text).unwrap().to_string().starts_with("cannot read `log` beyond byte"));

    let mut file = tempfile::tempfile().unwrap();
    file.write_all(log.as_bytes()).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    let text = TextLog::file("log", file.try_clone().unwrap(), &with_format(Format::Segment), 1000).unwrap();
    file.set_len(5000).unwrap();
    assert_eq!(read(&text).unwrap().to_string(), "cannot read `log`: it ends too early");
}

/// A log of a form, with lines of it broken, and how it is cut.
fn any_log() -> impl Strategy<Value = (Vec<u8>, ReadOptions)> {
    let forms = forms();
    (0..forms.len(), any::<bool>()).prop_flat_map(move |(form, tight)| {
        let (lines, options) = forms[form].clone();
        let broken = (
            0..lines.len(),
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>(),
            "[\\\\\"{}:,0-9a-e\n\\[\\] ]{0,3}",
        );
        let broken = broken.prop_map(|(line, from, to, put)| {
            let mut bytes = lines[line].as_bytes().to_vec();
            let from = from.index(bytes.len() + 1);
            let to = (from + to.index(6)).min(bytes.len());
            bytes.splice(from..to, put.bytes());
            bytes
        });
        let line = prop_oneof![(0..lines.len()).prop_map(|line| lines[line].as_bytes().to_vec()), broken];
        let options = if tight { small(options) } else { options };
        // A table without its header is none.
        let header = if options.format == Some(Format::Csv) { lines.first() } else { None };
        let log = prop::collection::vec(line, 0..30).prop_map(move |mut lines| {
            lines.splice(0..0, header.map(|header| header.as_bytes().to_vec()));
            lines.join(&b'\n')
        });
        (log, Just(options))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn any_log_is_what_the_reader_of_records_says(
        (log, options) in any_log(),
        part in prop_oneof![1_usize..300, Just(1 << 20)],
        threads in prop::sample::select(vec![1_usize, 2, 7]),
        wanted in prop::option::of(prop::sample::subsequence(vec!["city", "price", "a", "items", "at", "b", "props"], 0..5)),
    ) {
        let wanted = Wanted { properties: wanted.map(|names| names.into_iter().map(Text::from).collect()) };
        compare(&log, &options, &wanted, part, threads);
    }
}
