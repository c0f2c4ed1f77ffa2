//! Every type that a column can have.

use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder, MapBuilder, StringBuilder};
use arrow_array::types::{Int32Type, UInt16Type};
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Date64Array, Decimal128Array, Decimal256Array, DictionaryArray,
    FixedSizeBinaryArray, Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, Int64Array,
    LargeStringArray, NullArray, StringArray, StringViewArray, StructArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt8Array, UInt16Array,
    UInt32Array, UInt64Array,
};
use arrow_schema::{DataType, Field};
use campanile::input::{Contents, ReadOptions};
use campanile::model::{Instant, Number, Record, Value};

use crate::support::{columns, events, plainly, property, records, rejects, rows, rows_written, table};

fn text(text: &str) -> Option<Value> {
    Some(Value::text(text))
}

fn number(number: f64) -> Option<Value> {
    Some(Value::Number(Number::from_f64(number).unwrap()))
}

fn instant(text: &str) -> Option<Value> {
    Some(Value::Instant(Instant::parse(text).unwrap()))
}

/// A property of three rows, whatever their encoding.
fn read(values: impl arrow_array::Array + 'static) -> [Option<Value>; 3] {
    let batch = table(vec![
        ("user_id", Arc::new(Int64Array::from(vec![1, 2, 3])) as ArrayRef),
        ("ts", Arc::new(Int64Array::from(vec![1_793_678_400_000; 3]))),
        ("event", Arc::new(StringArray::from(vec!["Charged"; 3]))),
        ("p", Arc::new(values)),
    ]);
    let options = ReadOptions::default();
    let read = property(&rows(&batch, &options).unwrap(), "p");
    let plain = rows_written(&batch, plainly().set_dictionary_enabled(false), &options).unwrap();
    assert_eq!(property(&plain, "p"), read);
    let small = rows_written(&batch, plainly().set_max_row_group_row_count(Some(1)), &options).unwrap();
    assert_eq!(property(&small, "p"), read);
    read.try_into().unwrap()
}

#[test]
fn whole_numbers_of_all_widths_are_numbers() {
    let expected = [number(1.0), None, number(100.0)];
    assert_eq!(read(Int8Array::from(vec![Some(1), None, Some(100)])), expected);
    assert_eq!(read(Int16Array::from(vec![Some(1), None, Some(100)])), expected);
    assert_eq!(read(Int32Array::from(vec![Some(1), None, Some(100)])), expected);
    assert_eq!(read(Int64Array::from(vec![Some(1), None, Some(100)])), expected);
    assert_eq!(read(UInt8Array::from(vec![Some(1), None, Some(100)])), expected);
    assert_eq!(read(UInt16Array::from(vec![Some(1), None, Some(100)])), expected);
    assert_eq!(read(UInt32Array::from(vec![Some(1), None, Some(100)])), expected);
    assert_eq!(read(UInt64Array::from(vec![Some(1), None, Some(100)])), expected);
    let large = read(Int64Array::from(vec![i64::MIN, i64::MAX, 9_007_199_254_740_993]));
    assert_eq!(large, [i64::MIN, i64::MAX, 9_007_199_254_740_993].map(|whole| Some(Value::integer(whole))));
    let larger = read(UInt64Array::from(vec![u64::MAX, 7, u64::from(u32::MAX)]));
    assert_eq!(larger, [number(u64::MAX as f64), number(7.0), number(4_294_967_295.0)]);
}

#[test]
fn fractions_are_numbers_and_what_is_none_is_missing() {
    assert_eq!(read(Float64Array::from(vec![0.1, f64::NAN, f64::INFINITY])), [number(0.1), None, None]);
    let single = read(Float32Array::from(vec![Some(0.5), None, Some(3.0)]));
    assert_eq!(single, [number(0.5), None, number(3.0)]);
}

#[test]
fn decimals_are_the_number_that_is_meant() {
    let decimals = |values: Vec<Option<i128>>, precision, scale| {
        Decimal128Array::from(values).with_precision_and_scale(precision, scale).unwrap()
    };
    assert_eq!(read(decimals(vec![Some(1_999), None, Some(-5)], 9, 2)), [number(19.99), None, number(-0.05)]);
    // As whole numbers they are exact to 64 bits, also where no float is.
    assert_eq!(
        read(decimals(vec![Some(900_719_925_474_099_300), Some(1), Some(0)], 30, 2)),
        [Some(Value::integer(9_007_199_254_740_993)), number(0.01), number(0.0)]
    );
    assert_eq!(
        read(decimals(vec![Some(10_i128.pow(30)), Some(-10_i128.pow(20)), Some(7)], 38, 0)),
        [number(1e30), number(-1e20), number(7.0)]
    );
    let wide = Decimal256Array::from(vec![Some(arrow_buffer::i256::from_i128(1_250)), None, None]);
    assert_eq!(read(wide.with_precision_and_scale(60, 3).unwrap()), [number(1.25), None, None]);
}

#[test]
fn yes_no_dates_and_nothing_at_all() {
    let yes = |value| Some(Value::Boolean(value));
    assert_eq!(read(BooleanArray::from(vec![Some(true), None, Some(false)])), [yes(true), None, yes(false)]);
    let day = |year, month, day| chrono::NaiveDate::from_ymd_opt(year, month, day).map(Value::Date);
    let days = [day(2026, 11, 3), None, day(1969, 12, 31)];
    assert_eq!(read(Date32Array::from(vec![Some(20_760), None, Some(-1)])), days);
    let millis = Date64Array::from(vec![Some(20_760 * 86_400_000), None, Some(-86_400_000)]);
    assert_eq!(read(millis), days);
    assert_eq!(read(NullArray::new(3)), [None, None, None]);
}

#[test]
fn instants_of_all_units_and_zones_are_instants() {
    let read_at = [instant("2026-11-03T10:00:00Z"), None, instant("1969-12-31T23:59:59Z")];
    let seconds = 1_793_700_000;
    let cut = [instant("2026-11-03T10:00:00.999Z"), None, instant("1969-12-31T23:59:59.999Z")];
    for zone in ["UTC", "+05:30", "Asia/Kolkata"] {
        let values = vec![Some(seconds), None, Some(-1)];
        assert_eq!(read(TimestampSecondArray::from(values).with_timezone(zone)), read_at);
        let values = vec![Some(seconds * 1_000), None, Some(-1_000)];
        assert_eq!(read(TimestampMillisecondArray::from(values).with_timezone(zone)), read_at);
        // Finer digits are cut, into the past.
        let values = vec![Some(seconds * 1_000_000 + 999_999), None, Some(-1)];
        assert_eq!(read(TimestampMicrosecondArray::from(values).with_timezone(zone)), cut);
        let values = vec![Some(seconds * 1_000_000_000 + 999_999_999), None, Some(-1)];
        assert_eq!(read(TimestampNanosecondArray::from(values).with_timezone(zone)), cut);
    }
    // Without a zone they are wall clocks: in the library of UTC, unless it is said otherwise.
    assert_eq!(
        read(TimestampMillisecondArray::from(vec![Some(seconds * 1_000), None, Some(-1_000)])),
        read_at
    );
    assert_eq!(
        read(TimestampMillisecondArray::from(vec![seconds * 1_000, 0, i64::MAX])),
        [instant("2026-11-03T10:00:00Z"), instant("1970-01-01T00:00:00Z"), None]
    );
}

#[test]
fn text_of_all_forms_is_text() {
    let expected = [text("a"), None, text("")];
    let values = || vec![Some("a"), None, Some("")];
    assert_eq!(read(StringArray::from(values())), expected);
    assert_eq!(read(LargeStringArray::from(values())), expected);
    assert_eq!(read(StringViewArray::from(values())), expected);
    assert_eq!(read(values().into_iter().collect::<DictionaryArray<Int32Type>>()), expected);
    assert_eq!(read(values().into_iter().collect::<DictionaryArray<UInt16Type>>()), expected);
    let long = "long and longer ".repeat(1_000);
    let unlike = vec!["é", long.as_str(), "日本"];
    assert_eq!(read(StringArray::from(unlike.clone())), [text("é"), text(&long), text("日本")]);
    assert_eq!(read(StringViewArray::from(unlike)), [text("é"), text(&long), text("日本")]);
}

#[test]
fn lists_objects_and_maps_are_values_without_their_nulls() {
    let mut list = ListBuilder::new(Int64Builder::new());
    list.append_value([Some(1), None, Some(3)]);
    list.append_null();
    list.append_value([]);
    let items = |items: &[i64]| Some(Value::List(items.iter().map(|item| Value::integer(*item)).collect()));
    assert_eq!(read(list.finish()), [items(&[1, 3]), None, items(&[])]);

    let part = |name: &str, data_type| Arc::new(Field::new(name, data_type, true));
    let object = StructArray::from(vec![
        (
            part("city", DataType::Utf8),
            Arc::new(StringArray::from(vec![Some("Pune"), None, None])) as ArrayRef,
        ),
        (part("floor", DataType::Int32), Arc::new(Int32Array::from(vec![3, 4, 5]))),
    ]);
    let Some(Value::Object(parts)) = &read(object)[0] else { panic!("an object") };
    let parts: Vec<_> = parts.iter().map(|(name, part)| (name.to_string(), part.clone())).collect();
    assert_eq!(parts, [("city".to_owned(), Value::text("Pune")), ("floor".to_owned(), Value::integer(3))]);

    let mut map = MapBuilder::new(None, StringBuilder::new(), Int64Builder::new());
    map.keys().append_value("a");
    map.values().append_value(1);
    map.keys().append_value("b");
    map.values().append_null();
    map.append(true).unwrap();
    map.append(false).unwrap();
    map.append(true).unwrap();
    let [first, second, third] = read(map.finish());
    let object = |parts: &[(&str, i64)]| {
        let parts = parts.iter().map(|(name, part)| ((*name).into(), Value::integer(*part)));
        Some(Value::object(parts))
    };
    assert_eq!((first, second, third), (object(&[("a", 1)]), None, object(&[])));
}

#[test]
fn a_uuid_is_written_as_one() {
    let bytes = FixedSizeBinaryArray::try_from_iter([[0x11_u8; 16], [0xab; 16], [0; 16]].into_iter());
    assert_eq!(
        read(bytes.unwrap()),
        [
            text("11111111-1111-1111-1111-111111111111"),
            text("abababab-abab-abab-abab-abababababab"),
            text("00000000-0000-0000-0000-000000000000")
        ]
    );
}

/// The users of two rows, as they are read.
fn users(values: impl arrow_array::Array + 'static) -> Vec<String> {
    let batch = table(vec![
        ("user", Arc::new(values) as ArrayRef),
        ("at", Arc::new(Int64Array::from(vec![1_793_678_400; 2]))),
    ]);
    let read = rows(&batch, &columns("user=user,at=at,event=\"Seen\"")).unwrap();
    events(&read).iter().map(|event| event.user.to_string()).collect()
}

#[test]
fn users_are_text_or_whole_numbers_of_any_type() {
    assert_eq!(users(StringArray::from(vec!["asha", " 7 "])), ["asha", " 7 "]);
    assert_eq!(users(Int64Array::from(vec![-7, i64::MAX])), ["-7", "9223372036854775807"]);
    assert_eq!(users(UInt32Array::from(vec![7, u32::MAX])), ["7", "4294967295"]);
    assert_eq!(users(UInt64Array::from(vec![7, u64::MAX])), ["7", "18446744073709551615"]);
    assert_eq!(users(Float64Array::from(vec![7.0, 1e6])), ["7", "1000000"]);
    let decimals = Decimal128Array::from(vec![7, 10_i128.pow(25)]).with_precision_and_scale(38, 0).unwrap();
    assert_eq!(users(decimals), ["7", "10000000000000000000000000"]);
}

/// The instants of a log with one row in each of these columns.
fn times(mapping: &str, values: impl arrow_array::Array + 'static) -> Vec<String> {
    let user: ArrayRef = Arc::new(StringArray::from(vec!["u"; values.len()]));
    let batch = table(vec![("u", user), ("t", Arc::new(values))]);
    let read = rows(&batch, &columns(&format!("user=u,{mapping},event=\"Seen\""))).unwrap();
    events(&read).iter().map(|event| event.at.to_string()).collect()
}

#[test]
fn times_may_be_numbers_in_the_mapping_s_unit_text_or_dates() {
    let expected = ["2026-11-03T10:00:00Z"];
    assert_eq!(times("at=t", Int64Array::from(vec![1_793_700_000])), expected);
    assert_eq!(times("at=t", Int32Array::from(vec![1_793_700_000])), expected);
    assert_eq!(times("at=t", Int64Array::from(vec![1_793_700_000_000])), expected);
    assert_eq!(times("at=t:unix", UInt64Array::from(vec![1_793_700_000])), expected);
    assert_eq!(times("at=t:unix_ms", Int64Array::from(vec![1_793_700_000_000])), expected);
    assert_eq!(times("at=t:unix_us", Int64Array::from(vec![1_793_700_000_000_000])), expected);
    assert_eq!(times("at=t:unix_ms", Int64Array::from(vec![5])), ["1970-01-01T00:00:00.005Z"]);
    assert_eq!(times("at=t", Float64Array::from(vec![1_793_700_000.25])), ["2026-11-03T10:00:00.250Z"]);
    assert_eq!(times("at=t", StringArray::from(vec!["2026-11-03T15:30:00+05:30"])), expected);
    assert_eq!(times("at=t", StringArray::from(vec!["2026-11-03 10:00"])), expected);
    assert_eq!(times("at=t", Date32Array::from(vec![20_760])), ["2026-11-03T00:00:00Z"]);
}

#[test]
fn ids_may_be_empty_and_are_none_then() {
    let ids = |ids: ArrayRef| {
        let batch = table(vec![
            ("user", Arc::new(StringArray::from(vec!["u"; 3])) as ArrayRef),
            ("at", Arc::new(Int64Array::from(vec![1_793_678_400; 3]))),
            ("event", Arc::new(StringArray::from(vec!["Seen"; 3]))),
            ("id", ids),
        ]);
        let options = ReadOptions::default();
        let read = rows(&batch, &options).unwrap();
        let plain = rows_written(&batch, plainly().set_dictionary_enabled(false), &options).unwrap();
        assert_eq!(events(&plain), events(&read));
        events(&read).iter().map(|event| event.id.as_deref().map(str::to_owned)).collect::<Vec<_>>()
    };
    let some = |text: &str| Some(text.to_owned());
    let texts = StringArray::from(vec![Some("m1"), Some(""), None]);
    assert_eq!(ids(Arc::new(texts)), [some("m1"), None, None]);
    assert_eq!(ids(Arc::new(Int64Array::from(vec![Some(7), None, Some(0)]))), [some("7"), None, some("0")]);
}

#[test]
fn a_table_without_events_is_of_profiles() {
    let batch = table(vec![
        ("user_id", Arc::new(StringArray::from(vec!["asha", "bina"])) as ArrayRef),
        ("name", Arc::new(StringArray::from(vec![Some("Asha"), None]))),
        ("whatsapp", Arc::new(BooleanArray::from(vec![true, false]))),
        ("time", Arc::new(Int64Array::from(vec![Some(1_793_678_400), None]))),
    ]);
    let options = ReadOptions { contents: Contents::Profiles, ..ReadOptions::default() };
    let read = rows(&batch, &options).unwrap();
    assert_eq!(rejects(&read), []);
    let profiles: Vec<_> = records(&read)
        .into_iter()
        .map(|record| match record {
            Record::Profile(update) => update,
            other => panic!("no profile: {other:?}"),
        })
        .collect();
    assert_eq!(profiles[0].at, Some(Instant::from_seconds(1_793_678_400)));
    let whatsapp = ("whatsapp".into(), Some(Value::Boolean(true)));
    assert_eq!(profiles[0].changes, [("name".into(), text("Asha")), whatsapp]);
    // What is null stays as it was.
    assert_eq!(profiles[1].at, None);
    assert_eq!(profiles[1].changes, [("whatsapp".into(), Some(Value::Boolean(false)))]);
    let mapped = rows(&batch, &columns("user=user_id,at=time")).unwrap();
    assert_eq!(records(&mapped), records(&read));
}
