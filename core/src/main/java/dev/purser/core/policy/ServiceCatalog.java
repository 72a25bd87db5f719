package dev.purser.core.policy;

import dev.purser.core.InputException;
import dev.purser.core.model.ChainPart;
import dev.purser.core.model.FunctionProfile;
import dev.purser.core.model.Variant;
import dev.purser.core.model.VmProfile;
import dev.purser.core.pricing.BurstPricing;
import dev.purser.core.pricing.FunctionPricing;
import dev.purser.core.pricing.InstanceType;
import dev.purser.core.pricing.Market;
import dev.purser.core.pricing.PriceBook;
import dev.purser.core.pricing.SpotOffer;
import dev.purser.core.pricing.StoragePricing;
import dev.purser.core.workload.RequestClass;
import dev.purser.core.workload.Slo;
import dev.purser.core.workload.SpotConfiguration;
import dev.purser.core.workload.Workload;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is known before the first request, in numbers: the profile, price and accuracy of each variant on each
 * resource. It is the offline model cache of Paragon (WoSC'20, section 3.1), and what policies compute with.
 *
 * <p>Things are named by index: a <em>variant</em> by its place in the pool, an <em>instance type</em> by its place in
 * the workload, a <em>request class</em> by its place in the application. A <em>fleet</em> is the instances of one type
 * that serve one variant; a <em>function</em> is one variant at one memory size.
 *
 * <p>A variant that is split runs as a chain of functions, one for each part. To policies such a chain is a function like
 * any: it takes and costs what its parts take and cost together. It is the same at every memory size of the workload, for
 * its parts have memory sizes of their own.
 */
public final class ServiceCatalog {
    /** A latency or time that is not bounded. */
    public static final long UNBOUNDED = Long.MAX_VALUE;

    /**
     * How long an object that one part leaves for the next is paid for: a store counts by the hour, however soon the object
     * is deleted, and a partitioner's plans suppose the same.
     */
    public static final long HAND_OVER_NANOS = 3_600_000_000_000L;

    private static final double NANOS_PER_MS = 1e6;
    private static final double NANOS_PER_SECOND = 1e9;

    private final Workload workload;
    private final PriceBook priceBook;
    private final List<InstanceType> types;
    private final List<Market> markets = new ArrayList<>();
    private final int variants;
    private final int memorySizes;
    private final int[] slots;
    /** By fleet, then by batch size less one; empty where the variant cannot run on the type. */
    private final long[][] serviceNanos;

    private final double[] usdPerSecond;
    private final long[] functionNanos;
    private final double[] functionUsd;
    /** By variant: its parts; none where it is not split. */
    private final List<List<ChainPart>> chains = new ArrayList<>();

    private final int[] parts;
    /** By function: its first pool. */
    private final int[] firstPool;

    private final int[] functionOfPool;
    private final long[] loadNanos;
    private final double[] accuracy;
    private final List<RequestClass> classes = new ArrayList<>();
    private boolean[] strict = new boolean[8];
    private long[] maxLatencyNanos = new long[8];
    private double[] minAccuracy = new double[8];
    private double[] maxUsdPerRequest = new double[8];
    private int[] namedVariant = new int[8];
    private double[] share = new double[8];

    /**
     * @param workload what is served
     * @param priceBook what things cost
     * @throws InputException if the price book lacks an instance type or memory size that the workload names, a class
     *     names a variant that the pool lacks, or nothing that can be rented keeps the SLO of a class
     */
    public ServiceCatalog(Workload workload, PriceBook priceBook) {
        this.workload = workload;
        this.priceBook = priceBook;
        List<Variant> pool = workload.application().pool().variants();
        variants = pool.size();
        types = new ArrayList<>();
        for (String type : workload.instanceTypes()) {
            types.add(priceBook.instanceType(type));
            markets.add(Market.ON_DEMAND);
        }
        SpotConfiguration spot = workload.spot();
        for (String type : spot == null ? List.<String>of() : spot.instanceTypes()) {
            types.add(onSpot(priceBook.instanceType(type)));
            markets.add(Market.SPOT);
        }
        List<Integer> memory = workload.functions().memoryMb();
        memorySizes = memory.size();
        for (int mb : memory) {
            requireMemory(mb);
        }
        slots = new int[variants * types.size()];
        serviceNanos = new long[slots.length][0];
        usdPerSecond = new double[types.size()];
        functionNanos = new long[variants * memorySizes];
        functionUsd = new double[functionNanos.length];
        parts = new int[functionNanos.length];
        loadNanos = new long[variants];
        accuracy = new double[variants];
        for (int t = 0; t < types.size(); t++) {
            SpotOffer offer = market(t) == Market.SPOT ? types.get(t).spot() : null;
            usdPerSecond[t] = offer == null
                    ? types.get(t).usdPerSecond()
                    : offer.usdPerHour().doubleValue() / 3600;
        }
        for (int v = 0; v < variants; v++) {
            profile(v, pool.get(v), memory);
        }
        firstPool = new int[parts.length];
        functionOfPool = new int[IntStream.of(parts).sum()];
        int next = 0;
        for (int f = 0; f < parts.length; f++) {
            firstPool[f] = next;
            Arrays.fill(functionOfPool, next, next + parts[f], f);
            next += parts[f];
        }

        List<RequestClass> declared = workload.application().classes();
        double sum = declared.stream().mapToDouble(RequestClass::weight).sum();
        for (RequestClass requestClass : declared) {
            int c = add(requestClass);
            share[c] = requestClass.weight() / sum;
        }
    }

    /**
     * The index of a class of requests that the workload does not name, known from now on: clients of a deployment may
     * ask for promises of their own. Only for a catalog of one deployment, from the thread that runs its engine. The
     * class has no share of the expected load.
     *
     * @throws InputException if the class names a variant that the pool lacks, or nothing that can be rented keeps its
     *     SLO; the catalog is as it was
     */
    public int addRequestClass(RequestClass requestClass) {
        return add(requestClass);
    }

    private int add(RequestClass requestClass) {
        int c = classes.size();
        if (c == strict.length) {
            int size = c * 2;
            strict = Arrays.copyOf(strict, size);
            maxLatencyNanos = Arrays.copyOf(maxLatencyNanos, size);
            minAccuracy = Arrays.copyOf(minAccuracy, size);
            maxUsdPerRequest = Arrays.copyOf(maxUsdPerRequest, size);
            namedVariant = Arrays.copyOf(namedVariant, size);
            share = Arrays.copyOf(share, size);
        }
        Slo slo = requestClass.slo();
        strict[c] = slo.urgency() == Slo.Urgency.STRICT;
        maxLatencyNanos[c] =
                slo.maxLatency() == null ? UNBOUNDED : slo.maxLatency().toNanos();
        minAccuracy[c] = slo.minAccuracy() == null ? 0 : slo.minAccuracy();
        maxUsdPerRequest[c] = slo.maxCostUsdPer1k() == null ? Double.POSITIVE_INFINITY : slo.maxCostUsdPer1k() / 1000;
        namedVariant[c] = requestClass.variant() == null
                ? -1
                : workload.application().pool().indexOf(requestClass.variant());
        requireServable(c, requestClass);
        classes.add(requestClass);
        return c;
    }

    private InstanceType onSpot(InstanceType type) {
        if (type.spot() == null) {
            throw new InputException(
                    "workload " + workload.name(),
                    "spot.instanceTypes",
                    "price book '" + priceBook.name() + "' has no spot price for " + type.name(),
                    "choose among "
                            + priceBook.instanceTypes().stream()
                                    .filter(offered -> offered.spot() != null)
                                    .map(InstanceType::name)
                                    .toList()
                            + ", or add \"spot\" to the type in a price book of your own");
        }
        return type;
    }

    private void requireMemory(int mb) {
        requireMemory("workload " + workload.name(), "functions.memoryMb", mb);
    }

    private void requireMemory(String where, String field, int mb) {
        FunctionPricing function = priceBook.function();
        if (!function.allowsMemory(mb)) {
            throw new InputException(
                    where,
                    field,
                    mb + " MB is not a memory size of price book '" + priceBook.name() + "'",
                    "it offers " + function.minimumMemoryMb() + " to " + function.maximumMemoryMb() + " MB in steps of "
                            + function.memoryStepMb() + " MB");
        }
    }

    private void profile(int v, Variant variant, List<Integer> memory) {
        loadNanos[v] = Math.round(variant.loadMs() * NANOS_PER_MS);
        accuracy[v] = variant.accuracy();
        for (int t = 0; t < types.size(); t++) {
            VmProfile vm = variant.vm().get(types.get(t).name());
            if (vm != null) {
                slots[fleet(v, t)] = vm.slots();
                serviceNanos[fleet(v, t)] = IntStream.rangeClosed(1, vm.maxBatch())
                        .mapToLong(size -> Math.max(1, Math.round(vm.latencyMs(size) * NANOS_PER_MS)))
                        .toArray();
            }
        }
        List<ChainPart> chain = variant.chain();
        chains.add(chain == null ? List.of() : chain);
        if (chain != null) {
            profile(v, variant.name(), chain);
            return;
        }
        FunctionProfile function = variant.function();
        for (int m = 0; m < memorySizes; m++) {
            parts[function(v, m)] = 1;
            if (function == null || memory.get(m) < function.minimumMemoryMb()) {
                functionNanos[function(v, m)] = UNBOUNDED;
                functionUsd[function(v, m)] = Double.POSITIVE_INFINITY;
            } else {
                long nanos = Math.max(1, Math.round(function.latencyMs(memory.get(m)) * NANOS_PER_MS));
                functionNanos[function(v, m)] = nanos;
                functionUsd[function(v, m)] = priceBook.function().costPerInvocation(memory.get(m), nanos);
            }
        }
    }

    /** A chain takes and costs what its parts do, with a write and a read of the object store between two. */
    private void profile(int v, String name, List<ChainPart> chain) {
        StoragePricing storage = priceBook.storage();
        double usdPerByte = storage.usdPerGbMonth().doubleValue()
                * HAND_OVER_NANOS
                / (storage.hoursPerMonth() * 3600.0 * NANOS_PER_SECOND * (1 << 30));
        long nanos = 0;
        double usd = 0;
        for (int p = 0; p < chain.size(); p++) {
            ChainPart part = chain.get(p);
            requireMemory(
                    "pool " + workload.application().pool().name(),
                    "variant '" + name + "', chain[" + p + "].memoryMb",
                    part.memoryMb());
            nanos += nanos(part);
            usd += priceBook.function().costPerInvocation(part.memoryMb(), nanos(part));
            if (p < chain.size() - 1) {
                usd += (storage.usdPerThousandPuts().doubleValue()
                                        + storage.usdPerThousandGets().doubleValue())
                                / 1000
                        + part.outBytes() * usdPerByte;
            }
        }
        for (int m = 0; m < memorySizes; m++) {
            parts[function(v, m)] = chain.size();
            functionNanos[function(v, m)] = nanos;
            functionUsd[function(v, m)] = usd;
        }
    }

    private static long nanos(ChainPart part) {
        return Math.max(1, Math.round(part.latencyMs() * NANOS_PER_MS));
    }

    /** A class that nothing can serve would fail on every request: better said before the run. */
    private void requireServable(int c, RequestClass requestClass) {
        double bestAccuracy = 0;
        long fastest = UNBOUNDED;
        double cheapest = Double.POSITIVE_INFINITY;
        for (int v = 0; v < variants; v++) {
            if ((namedVariant[c] < 0 || namedVariant[c] == v) && fastestNanos(v) < UNBOUNDED) {
                if (canServe(c, v)) {
                    return;
                }
                bestAccuracy = Math.max(bestAccuracy, accuracy[v]);
                fastest = Math.min(fastest, fastestNanos(v));
                cheapest = Math.min(cheapest, leastUsdPerRequest(v));
            }
        }
        String pool = workload.application().pool().name();
        String resources = "the instance types " + workload.instanceTypes() + " and functions of "
                + workload.functions().memoryMb() + " MB";
        String where = "workload " + workload.name();
        String field = "class '" + requestClass.name() + "'";
        String candidates = requestClass.variant() == null
                ? "no variant of pool '" + pool + "' can"
                : "its variant '" + requestClass.variant() + "' cannot";
        if (fastest == UNBOUNDED) {
            throw new InputException(
                    where,
                    field,
                    candidates + " run on " + resources,
                    "name an instance type or a memory size for which the pool has a profile");
        }
        Slo slo = requestClass.slo();
        throw new InputException(
                where,
                field,
                candidates + " meet its SLO (maxLatency "
                        + (slo.maxLatency() == null ? "any" : slo.maxLatency().toMillis() + " ms") + ", minAccuracy "
                        + (slo.minAccuracy() == null ? "any" : slo.minAccuracy()) + ", maxCostUsdPer1k "
                        + (slo.maxCostUsdPer1k() == null ? "any" : slo.maxCostUsdPer1k()) + ") on " + resources,
                "relax the SLO, or add a resource: the fastest candidate takes " + fastest / NANOS_PER_MS
                        + " ms, the most accurate has " + bestAccuracy + ", the cheapest costs "
                        + String.format(Locale.ROOT, "%.3g", cheapest * 1000) + " USD per 1000");
    }

    /** Whether one resource keeps a class's whole SLO with a variant. */
    private boolean canServe(int c, int v) {
        if (accuracy[v] < minAccuracy[c]) {
            return false;
        }
        for (int t = 0; t < types.size(); t++) {
            int fleet = fleet(v, t);
            if (slots[fleet] > 0
                    && serviceNanos(fleet) <= maxLatencyNanos[c]
                    && usdPerRequest(fleet) <= maxUsdPerRequest[c]) {
                return true;
            }
        }
        for (int m = 0; m < memorySizes; m++) {
            int function = function(v, m);
            if (functionNanos[function] < UNBOUNDED
                    && functionNanos[function] <= maxLatencyNanos[c]
                    && functionUsd[function] <= maxUsdPerRequest[c]) {
                return true;
            }
        }
        return false;
    }

    /** The workload that this catalog was made from. */
    public Workload workload() {
        return workload;
    }

    /** The prices that this catalog was made with. */
    public PriceBook priceBook() {
        return priceBook;
    }

    /** How many variants the pool has. */
    public int variants() {
        return variants;
    }

    /** A variant's name. */
    public String variantName(int variant) {
        return workload.application().pool().variants().get(variant).name();
    }

    /** A variant's published accuracy, 0 to 1. */
    public double accuracy(int variant) {
        return accuracy[variant];
    }

    /** Nanoseconds to load a variant into a fresh instance or sandbox. */
    public long loadNanos(int variant) {
        return loadNanos[variant];
    }

    /** How many instance types the workload may use; one that may be bought on both markets counts twice. */
    public int instanceTypes() {
        return types.size();
    }

    /** The instance type at a place in the workload, those on the spot market after those on demand. */
    public InstanceType instanceType(int type) {
        return types.get(type);
    }

    /** All instance types, by index. */
    public List<InstanceType> instanceTypeList() {
        return List.copyOf(types);
    }

    /** How the instances of a type are bought. */
    public Market market(int type) {
        return markets.get(type);
    }

    /** How the instances of each type are bought, by index. */
    public List<Market> markets() {
        return List.copyOf(markets);
    }

    /** The most that is paid for an hour of a type on the spot market; infinite on demand. */
    public double maxUsdPerHour(int type) {
        SpotConfiguration spot = workload.spot();
        return spot == null || market(type) == Market.ON_DEMAND
                ? Double.POSITIVE_INFINITY
                : spot.maxPrice() * types.get(type).usdPerHour().doubleValue();
    }

    /** A burstable type's credits; null where it always runs at full speed. */
    public @Nullable BurstPricing burst(int type) {
        return types.get(type).burst();
    }

    /** What a burstable type does without credits. */
    public BurstPricing.Mode burstMode(int type) {
        BurstPricing burst = types.get(type).burst();
        if (burst == null) {
            throw new IllegalArgumentException(types.get(type).name() + " is not burstable");
        }
        BurstPricing.Mode chosen = workload.burst();
        return chosen == null ? burst.mode() : chosen;
    }

    /** Price of an instance type: on demand the list price, on the spot market the usual one. */
    public double usdPerSecond(int type) {
        return usdPerSecond[type];
    }

    /** How many fleets there are: one for each variant and instance type, whether it can serve or not. */
    public int fleets() {
        return slots.length;
    }

    /** The fleet of a variant on an instance type. */
    public int fleet(int variant, int type) {
        return variant * types.size() + type;
    }

    /** The variant that a fleet serves. */
    public int variantOfFleet(int fleet) {
        return fleet / types.size();
    }

    /** The instance type of a fleet. */
    public int typeOfFleet(int fleet) {
        return fleet % types.size();
    }

    /** An instance type's name for people: {@code c5.large}, {@code c5.large spot}. */
    public String instanceTypeName(int type) {
        return types.get(type).name() + (market(type) == Market.SPOT ? " spot" : "");
    }

    /** A fleet's name for people: {@code variant on type}. */
    public String fleetName(int fleet) {
        return variantName(variantOfFleet(fleet)) + " on " + instanceTypeName(typeOfFleet(fleet));
    }

    /** Parallel slots of one instance of a fleet; 0 where the variant cannot run on the type. */
    public int slots(int fleet) {
        return slots[fleet];
    }

    /** Profiled service time of one request in a fleet; 0 where the variant cannot run on the type. */
    public long serviceNanos(int fleet) {
        return slots[fleet] == 0 ? 0 : serviceNanos[fleet][0];
    }

    /**
     * Profiled service time of a batch in a fleet that can serve.
     *
     * @param size 1 to {@link #maxBatch}
     */
    public long serviceNanos(int fleet, int size) {
        return serviceNanos[fleet][size - 1];
    }

    /** The largest batch that a fleet's instances serve together; 1 where requests are served singly, 0 where it cannot serve. */
    public int maxBatch(int fleet) {
        return serviceNanos[fleet].length;
    }

    /** Requests per second that one instance of a fleet serves singly with all slots busy; 0 where it cannot serve. */
    public double capacity(int fleet) {
        return slots[fleet] == 0 ? 0 : slots[fleet] * NANOS_PER_SECOND / serviceNanos(fleet);
    }

    /**
     * Requests per second that one instance of a fleet that can serve answers in batches with all slots busy.
     *
     * @param size of the batches, 1 to {@link #maxBatch}
     */
    public double capacity(int fleet, int size) {
        return slots[fleet] * size * NANOS_PER_SECOND / serviceNanos(fleet, size);
    }

    /** Cost of one request on a fully busy instance of a fleet; infinite where it cannot serve. */
    public double usdPerRequest(int fleet) {
        return slots[fleet] == 0 ? Double.POSITIVE_INFINITY : usdPerSecond[typeOfFleet(fleet)] / capacity(fleet);
    }

    /**
     * The fleet with the least cost per request among those on demand that serve a variant; -1 where there is none. Who
     * buys on the spot market has to know it, and a burstable type is taken only where there is no other: at full load it
     * does not keep what its profile says.
     */
    public int cheapestFleet(int variant) {
        int best = -1;
        for (int t = 0; t < types.size(); t++) {
            int fleet = fleet(variant, t);
            if (slots[fleet] > 0 && market(t) == Market.ON_DEMAND && (best < 0 || isPreferred(fleet, best))) {
                best = fleet;
            }
        }
        return best;
    }

    private boolean isPreferred(int fleet, int to) {
        boolean bursts = burst(typeOfFleet(fleet)) != null;
        return bursts == (burst(typeOfFleet(to)) != null) ? usdPerRequest(fleet) < usdPerRequest(to) : !bursts;
    }

    /** How many memory sizes functions may have. */
    public int memorySizes() {
        return memorySizes;
    }

    /** A function's memory in MB, by memory index. */
    public int memoryMb(int memory) {
        return workload.functions().memoryMb().get(memory);
    }

    /** How many functions there are: one for each variant and memory size, whether it can run or not. */
    public int functions() {
        return functionNanos.length;
    }

    /** The function of a variant at a memory size. */
    public int function(int variant, int memory) {
        return variant * memorySizes + memory;
    }

    /** The variant of a function. */
    public int variantOfFunction(int function) {
        return function / memorySizes;
    }

    /** The memory of a function in MB; of a chain, that of its largest part. */
    public int memoryOfFunction(int function) {
        int most = 0;
        for (int p = 0; p < parts(function); p++) {
            most = Math.max(most, memoryOfPart(function, p));
        }
        return most;
    }

    /** A function's name for people: {@code variant at 1024 MB}, {@code variant in 3 parts}. */
    public String functionName(int function) {
        return variantName(variantOfFunction(function))
                + (isChain(function)
                        ? " in " + parts(function) + " parts"
                        : " at " + memoryMb(function % memorySizes) + " MB");
    }

    /** Of how many functions a function consists that run one after the other: 1 but for a chain. */
    public int parts(int function) {
        return parts[function];
    }

    /** Whether a function is a chain of several. */
    public boolean isChain(int function) {
        return parts[function] > 1;
    }

    /** How many pools of sandboxes there are: one for each function, or for each part of one that is a chain. */
    public int pools() {
        return functionOfPool.length;
    }

    /** A function's pool; of a chain that of its first part, and the others' follow it. */
    public int pool(int function) {
        return firstPool[function];
    }

    /** The function that a pool belongs to. */
    public int functionOfPool(int pool) {
        return functionOfPool[pool];
    }

    /** Which part of its function a pool serves, counted from 0. */
    public int partOfPool(int pool) {
        return pool - firstPool[functionOfPool[pool]];
    }

    /** The memory of a part in MB; part 0 of a function that is no chain is the function. */
    public int memoryOfPart(int function, int part) {
        return isChain(function) ? part(function, part).memoryMb() : memoryMb(function % memorySizes);
    }

    /** A part's name for people: {@code variant, part 2 of 3}; of a function that is no chain, the function's. */
    public String partName(int function, int part) {
        return isChain(function)
                ? variantName(variantOfFunction(function)) + ", part " + (part + 1) + " of " + parts(function)
                : functionName(function);
    }

    /** Warm execution time of a part, in nanoseconds; of a function that is no chain, the function's. */
    public long partNanos(int function, int part) {
        return isChain(function) ? nanos(part(function, part)) : functionNanos[function];
    }

    /** Nanoseconds to load a part into a fresh sandbox; of a function that is no chain, the whole variant. */
    public long partLoadNanos(int function, int part) {
        return isChain(function)
                ? Math.round(part(function, part).loadMs() * NANOS_PER_MS)
                : loadNanos[variantOfFunction(function)];
    }

    /** Bytes that a part leaves in the object store for the next; 0 for the last, or where there is no other. */
    public long partOutBytes(int function, int part) {
        return isChain(function) ? part(function, part).outBytes() : 0;
    }

    private ChainPart part(int function, int part) {
        return chains.get(variantOfFunction(function)).get(part);
    }

    /** Warm execution time of a function, of a chain as a whole; {@link #UNBOUNDED} where the variant does not fit. */
    public long functionNanos(int function) {
        return functionNanos[function];
    }

    /**
     * Cost of one warm invocation, of a chain that of all its parts and of what they hand over; infinite where the variant
     * does not fit.
     */
    public double functionUsd(int function) {
        return functionUsd[function];
    }

    /** How many request classes there are. */
    public int requestClasses() {
        return classes.size();
    }

    /** A request class's name. */
    public String className(int requestClass) {
        return classes.get(requestClass).name();
    }

    /** Whether the class's latency promise is strict. */
    public boolean strict(int requestClass) {
        return strict[requestClass];
    }

    /** The class's latency promise; {@link #UNBOUNDED} where it has none. */
    public long maxLatencyNanos(int requestClass) {
        return maxLatencyNanos[requestClass];
    }

    /** The class's accuracy promise, 0 where it has none. */
    public double minAccuracy(int requestClass) {
        return minAccuracy[requestClass];
    }

    /** The class's cost promise per request, infinite where it has none. */
    public double maxUsdPerRequest(int requestClass) {
        return maxUsdPerRequest[requestClass];
    }

    /** The variant that the class's requests name, or -1 for model-less requests. */
    public int namedVariant(int requestClass) {
        return namedVariant[requestClass];
    }

    /** The class's share of the expected arrivals; the shares add up to 1. */
    public double share(int requestClass) {
        return share[requestClass];
    }

    /** The shortest service time that any resource of the workload offers for a variant. */
    public long fastestNanos(int variant) {
        long best = UNBOUNDED;
        for (int t = 0; t < types.size(); t++) {
            if (slots[fleet(variant, t)] > 0) {
                best = Math.min(best, serviceNanos(fleet(variant, t)));
            }
        }
        for (int m = 0; m < memorySizes; m++) {
            best = Math.min(best, functionNanos[function(variant, m)]);
        }
        return best;
    }

    /** The least cost per request that any resource of the workload offers for a variant. */
    public double leastUsdPerRequest(int variant) {
        double best = Double.POSITIVE_INFINITY;
        for (int t = 0; t < types.size(); t++) {
            best = Math.min(best, usdPerRequest(fleet(variant, t)));
        }
        for (int m = 0; m < memorySizes; m++) {
            best = Math.min(best, functionUsd[function(variant, m)]);
        }
        return best;
    }

    /** Bytes of weights that one copy of a variant reads when it loads. */
    public long sizeBytes(int variant) {
        double mb = workload.application().pool().variants().get(variant).sizeMb();
        return BigDecimal.valueOf(mb).multiply(BigDecimal.valueOf(1 << 20)).longValue();
    }

    /** The accuracy that users see of a variant; policies learn it from feedback and are not told. */
    public double trueAccuracy(int variant) {
        return workload.application().pool().variants().get(variant).trueAccuracy();
    }
}
