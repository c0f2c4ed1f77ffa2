//! Reading rule files: sound ones of one to ten thousand campaigns, and broken ones.
//!
//! `cargo bench --bench language`. The campaigns are those of a shop, each with a name of its own; the throughput is in bytes
//! of rule text, so that time in proportion to length shows as one figure for all sizes.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

use campanile::language::{FileId, Sources, parse};

/// A rulebook of so many campaigns with segments of their own.
fn rules(campaigns: usize) -> String {
    let mut text = String::from(
        "settings { timezone \"Asia/Kolkata\" quiet hours 21:00..09:00 user time, hold cap 3 per 7 days }\n\
         event \"Added to Cart\" { cart_id: text, amount: number, category: text }\n",
    );
    for number in 0..campaigns {
        text.push_str(&format!(
            r#"
segment buyers_{number} "Big buyers" =
  did "Charged" where (amount >= 1000 and items.category contains "Shoes") at least 3 times in last 90 days
  and did not "App Launched" in last 14 days
  and (profile.city in ["Mumbai", "Pune"] or in list vip)

# Campaign {number}
campaign cart_{number} "Cart rescue" {{
  category marketing
  when "Added to Cart" where amount >= {number} then no "Charged" within 2 hours matching cart_id
  if not in segment buyers_{number}
  send template cart_reminder in profile.language or "en" {{
    body name: "{{{{ profile.first_name | default: 'there' }}}}", amount: "{{{{ event.amount }}}}"
    button 0 url: "cart/{{{{ event.cart_id }}}}"
  }}
  wait 10 minutes
  deliver 09:00..21:00 user time on mon..sat, else hold
  valid 6 hours
  unless "Charged" matching cart_id
  at most 1 per 3 days
}}
"#
        ));
    }
    text
}

fn sources(text: String) -> (Sources, FileId) {
    let mut sources = Sources::new();
    let file = sources.add("bench.camp", text);
    (sources, file)
}

fn parsing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for campaigns in [1, 100, 10_000] {
        let (sources, file) = sources(rules(campaigns));
        assert!(parse(&sources, file).diagnostics.is_empty());
        if campaigns == 10_000 {
            group.sample_size(10);
        }
        group.throughput(Throughput::Bytes(sources.text(file).len() as u64));
        group.bench_function(BenchmarkId::new("sound", campaigns), |bencher| {
            bencher.iter(|| parse(&sources, file))
        });
    }
    group.sample_size(100);
    for (name, from, to) in [
        ("a slip in each campaign", "wait 10 minutes", "wait 10 mins"),
        ("a missing brace in each campaign", "at most 1 per 3 days\n}", "at most 1 per 3 days\n"),
    ] {
        let (sources, file) = sources(rules(100).replace(from, to));
        assert_eq!(parse(&sources, file).diagnostics.len(), 100);
        group.throughput(Throughput::Bytes(sources.text(file).len() as u64));
        group.bench_function(BenchmarkId::new(name, 100), |bencher| bencher.iter(|| parse(&sources, file)));
    }
    group.finish();
}

criterion_group!(benches, parsing);
criterion_main!(benches);
