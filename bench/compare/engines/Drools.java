import static org.drools.model.DSL.accFunction;
import static org.drools.model.DSL.accumulate;
import static org.drools.model.DSL.declarationOf;
import static org.drools.model.DSL.on;
import static org.drools.model.DSL.window;
import static org.drools.model.PatternDSL.alphaIndexedBy;
import static org.drools.model.PatternDSL.betaIndexedBy;
import static org.drools.model.PatternDSL.pattern;
import static org.drools.model.PatternDSL.reactOn;
import static org.drools.model.PatternDSL.rule;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.drools.core.base.accumulators.CountAccumulateFunction;
import org.drools.model.Index.ConstraintType;
import org.drools.model.Variable;
import org.drools.model.WindowDefinition;
import org.drools.model.impl.ModelImpl;
import org.drools.modelcompiler.KieBaseBuilder;
import org.kie.api.KieBase;
import org.kie.api.KieServices;
import org.kie.api.conf.EventProcessingOption;
import org.kie.api.definition.type.Role;
import org.kie.api.definition.type.Timestamp;
import org.kie.api.runtime.KieSession;
import org.kie.api.runtime.KieSessionConfiguration;
import org.kie.api.runtime.conf.ClockTypeOption;
import org.kie.api.runtime.rule.FactHandle;
import org.kie.api.time.SessionPseudoClock;

/**
 * Drools, an event at a time: <code>Drools matching|window RULES.json EVENTS.ndjson EVENTS PASSES</code>.
 *
 * <p>The rules are in the form that Drools' own compiler makes of its rule files (the executable model), with the indexes that it makes.
 */
public final class Drools {
    @Role(Role.Type.EVENT)
    @Timestamp("at")
    public static final class Event {
        private final long user;
        private final long at;
        private final String name;
        private final String city;
        private final double price;

        Event(JsonNode line) {
            JsonNode properties = line.get("props");
            user = line.get("user_id").asLong();
            at = line.get("ts").asLong();
            name = line.get("event").asText().intern();
            city = properties.get("city").asText().intern();
            price = properties.has("price") ? properties.get("price").asDouble() : Double.NaN;
        }

        public long getUser() {
            return user;
        }

        public long getAt() {
            return at;
        }

        public String getName() {
            return name;
        }

        public String getCity() {
            return city;
        }

        public double getPrice() {
            return price;
        }
    }

    /** A fact for each user, and whether we know it to be in the segment. */
    public static final class User {
        private final long id;
        private boolean inside;

        User(long id) {
            this.id = id;
        }

        public long getId() {
            return id;
        }
    }

    /** How long a pass took by the clock on the wall and of the processor (what the machine compiled and collected meanwhile is in it). */
    private record Pass(double seconds, double processor, long[] counts) {}

    private static final OperatingSystemMXBean SYSTEM = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    public static void main(String[] arguments) throws IOException {
        ObjectMapper json = new ObjectMapper();
        JsonNode rules = json.readTree(new File(arguments[1]));
        List<Event> events = read(json, Path.of(arguments[2]), Integer.parseInt(arguments[3]));
        List<Double> seconds = new ArrayList<>();
        List<Double> processor = new ArrayList<>();
        long[] counts = {};
        for (int pass = 0; pass < Integer.parseInt(arguments[4]); pass++) {
            Pass one = arguments[0].equals("window") ? windowed(rules.get("window"), events) : stateless(rules.get("matching"), events);
            if (pass > 0 && !Arrays.equals(counts, one.counts())) {
                throw new IllegalStateException("two passes differ");
            }
            counts = one.counts();
            seconds.add(one.seconds());
            processor.add(one.processor());
        }
        Map<String, Object> result = Map.of("events", events.size(), "seconds", seconds, "processor", processor, "counts", counts);
        System.out.println("RESULT " + json.writeValueAsString(result));
    }

    private static List<Event> read(ObjectMapper json, Path path, int most) throws IOException {
        List<Event> events = new ArrayList<>();
        try (BufferedReader lines = Files.newBufferedReader(path)) {
            for (String line; events.size() < most && (line = lines.readLine()) != null; ) {
                events.add(new Event(json.readTree(line)));
            }
        }
        return events;
    }

    /** Each event is put into one session, all rules fire, and it is taken out again. */
    private static Pass stateless(JsonNode rules, List<Event> events) {
        long[] counts = new long[rules.size()];
        ModelImpl model = new ModelImpl();
        for (int at = 0; at < counts.length; at++) {
            JsonNode wanted = rules.get(at);
            String name = wanted.get("event").asText();
            double least = wanted.get("price").asDouble();
            Set<String> cities = new HashSet<>();
            wanted.get("cities").forEach(city -> cities.add(city.asText()));
            Variable<Event> event = declarationOf(Event.class);
            int number = at;
            model.addRule(rule("r" + at).build(
                pattern(event)
                    .expr("name " + name, e -> e.getName().equals(name),
                        alphaIndexedBy(String.class, ConstraintType.EQUAL, 0, Event::getName, name), reactOn("name"))
                    .expr("price " + least, e -> e.getPrice() >= least,
                        alphaIndexedBy(Double.class, ConstraintType.GREATER_OR_EQUAL, 1, Event::getPrice, least), reactOn("price"))
                    .expr("city " + cities, e -> cities.contains(e.getCity()), reactOn("city")),
                on(event).execute(e -> counts[number]++)));
        }
        KieSession session = KieBaseBuilder.createKieBaseFromModel(model).newKieSession();
        long begun = System.nanoTime();
        long ran = SYSTEM.getProcessCpuTime();
        for (Event event : events) {
            FactHandle handle = session.insert(event);
            session.fireAllRules();
            session.delete(handle);
        }
        Pass pass = new Pass((System.nanoTime() - begun) / 1e9, (SYSTEM.getProcessCpuTime() - ran) / 1e9, counts);
        session.dispose();
        return pass;
    }

    /** So many events of a user in so many days: how often a user comes to have them, and ceases to. */
    private static Pass windowed(JsonNode wanted, List<Event> events) {
        long[] counts = new long[2];
        String name = wanted.get("event").asText();
        long least = wanted.get("count").asLong();
        Variable<User> user = declarationOf(User.class);
        Variable<Event> event = declarationOf(Event.class, window(WindowDefinition.Type.TIME, wanted.get("days").asLong(), TimeUnit.DAYS));
        Variable<Long> number = declarationOf(Long.class);
        ModelImpl model = new ModelImpl();
        model.addRule(rule("often").build(
            pattern(user),
            accumulate(
                pattern(event)
                    .expr("name", e -> e.getName().equals(name),
                        alphaIndexedBy(String.class, ConstraintType.EQUAL, 0, Event::getName, name), reactOn("name"))
                    .expr("user", user, (e, u) -> e.getUser() == u.getId(),
                        betaIndexedBy(long.class, ConstraintType.EQUAL, 0, Event::getUser, User::getId), reactOn("user")),
                accFunction(CountAccumulateFunction::new).as(number)),
            on(user, number).execute((u, n) -> {
                boolean inside = n >= least;
                if (inside != u.inside) {
                    u.inside = inside;
                    counts[inside ? 0 : 1]++;
                }
            })));
        KieBase base = KieBaseBuilder.createKieBaseFromModel(model, EventProcessingOption.STREAM);
        KieSessionConfiguration pseudo = KieServices.get().newKieSessionConfiguration();
        pseudo.setOption(ClockTypeOption.PSEUDO);
        KieSession session = base.newKieSession(pseudo, null);
        SessionPseudoClock clock = session.getSessionClock();
        Map<Long, User> users = new HashMap<>();
        long begun = System.nanoTime();
        long ran = SYSTEM.getProcessCpuTime();
        for (Event each : events) {
            long passed = each.getAt() - clock.getCurrentTime();
            if (passed > 0) {
                clock.advanceTime(passed, TimeUnit.MILLISECONDS);
                session.fireAllRules(); // what has left the window, before anything else comes
            }
            if (!users.containsKey(each.getUser())) {
                User fresh = new User(each.getUser());
                users.put(each.getUser(), fresh);
                session.insert(fresh);
            }
            session.insert(each);
            session.fireAllRules();
        }
        Pass pass = new Pass((System.nanoTime() - begun) / 1e9, (SYSTEM.getProcessCpuTime() - ran) / 1e9, counts);
        session.dispose();
        return pass;
    }
}
