package dev.purser.core.pricing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.purser.core.pricing.Bill.Category;
import dev.purser.core.pricing.Bill.Line;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LedgerTest {
    private static final long MILLI = 1_000_000L;
    private static final long SECOND = 1_000_000_000L;
    private static final long HOUR = 3600 * SECOND;
    private static final PriceBook OLD = PriceBooks.named("us-east-1-2019");
    private static final PriceBook NEW = PriceBooks.named("us-east-1-2026");
    private static final FunctionPricing.FreeTier FREE = new FunctionPricing.FreeTier(400_000, 1_000_000);

    private static PriceBook with(
            PriceBook book, BigDecimal usdPerGbSecond, FunctionPricing.@Nullable FreeTier freeTier, int hoursPerMonth) {
        FunctionPricing f = book.function();
        StoragePricing s = book.storage();
        return new PriceBook(
                book.name(),
                book.region(),
                book.currency(),
                book.asOf(),
                book.source(),
                book.instanceBilling(),
                book.instanceTypes(),
                new FunctionPricing(
                        usdPerGbSecond,
                        f.tiers(),
                        f.usdPerRequest(),
                        f.roundingMillis(),
                        f.minimumMemoryMb(),
                        f.maximumMemoryMb(),
                        f.memoryStepMb(),
                        f.initBilled(),
                        f.mbPerVcpu(),
                        f.maximumVcpus(),
                        freeTier,
                        f.concurrencyLimit(),
                        f.source()),
                new StoragePricing(
                        s.usdPerGbMonth(), s.usdPerThousandPuts(), s.usdPerThousandGets(), hoursPerMonth, s.source()));
    }

    private static Ledger ledger(PriceBook book, String... types) {
        return new Ledger(book, List.of(types).stream().map(book::instanceType).toList());
    }

    private static Bill invoked(PriceBook book, int times, int memoryMb, long millis) {
        Ledger ledger = ledger(book);
        for (int i = 0; i < times; i++) {
            ledger.invocation(memoryMb, millis * MILLI);
        }
        return ledger.bill();
    }

    private static Line line(Category category, String item, String quantity, String usd) {
        return new Line(category, item, quantity, new BigDecimal(usd));
    }

    private static BigDecimal cents(BigDecimal usd) {
        return usd.setScale(2, RoundingMode.HALF_UP);
    }

    /** aws.amazon.com/lambda/pricing, example 1 (mobile application backend), as of 2023. */
    @Test
    void awsExampleOfAMobileBackend() {
        PriceBook book = with(NEW, NEW.function().usdPerGbSecond(), FREE, 720);
        Bill bill = invoked(book, 3_000_000, 1536, 120);
        // 3 M x 120 ms x 1.5 GB = 540,000 GB-s, 400,000 of them free; 140,000 x 0.0000166667 = 2.333338
        assertThat(bill.lines())
                .containsExactly(
                        line(Category.FUNCTION, "duration", "140000 GB-s", "2.333338"),
                        line(Category.FUNCTION, "requests", "2000000", "0.400000"));
        assertThat(cents(bill.lines().get(0).usd())).isEqualByComparingTo("2.33");
        assertThat(cents(bill.total())).isEqualByComparingTo("2.73");
    }

    /** aws.amazon.com/lambda/pricing, example 1 as of 2018 to 2020, whose GB-second cost 0.00001667. */
    @Test
    void awsExampleOfOneSecondAtHalfAGigabyte() {
        PriceBook book = with(OLD, new BigDecimal("0.00001667"), FREE, 720);
        Bill bill = invoked(book, 3_000_000, 512, 1000);
        // 1,500,000 GB-s less 400,000 free = 1,100,000 x 0.00001667 = 18.337
        assertThat(bill.lines())
                .containsExactly(
                        line(Category.FUNCTION, "duration", "1100000 GB-s", "18.337000"),
                        line(Category.FUNCTION, "requests", "2000000", "0.400000"));
        assertThat(cents(bill.total())).isEqualByComparingTo("18.74");
    }

    /**
     * aws.amazon.com/blogs/aws/new-for-aws-lambda-1ms-billing-granularity-adds-cost-savings (2020-12-01): 60 million
     * invocations of 28 ms at 1 GB cost 100 dollars before and 28 since, and 12 dollars for the requests.
     */
    @Test
    void awsExampleOfOneMillisecondGranularity() {
        Bill before = invoked(OLD, 60_000_000, 1024, 28);
        assertThat(before.lines())
                .containsExactly(
                        line(Category.FUNCTION, "duration", "6000000 GB-s", "100.000200"),
                        line(Category.FUNCTION, "requests", "60000000", "12.000000"));
        Bill since = invoked(NEW, 60_000_000, 1024, 28);
        assertThat(since.lines().get(0)).isEqualTo(line(Category.FUNCTION, "duration", "1680000 GB-s", "28.000056"));
        assertThat(since.total()).isEqualTo(new BigDecimal("40.000056"));
    }

    /** aws.amazon.com/s3/faqs, storage example: 52,900 GB-months in a March of 744 hours. */
    @Test
    void awsExampleOfStorage() {
        Ledger ledger = ledger(with(NEW, BigDecimal.ONE, null, 744));
        ledger.stored(107_374_182_400L, 15 * 24 * HOUR);
        ledger.stored(109_951_162_777_600L, 16 * 24 * HOUR);
        assertThat(ledger.usage().storedByteNanos())
                .isEqualTo(new BigInteger("42259901212262400").multiply(BigInteger.valueOf(HOUR)));
        // at the price of the first 50 TB throughout: 52,900 x 0.023
        assertThat(ledger.bill().lines())
                .containsExactly(line(Category.STORAGE, "stored", "52900 GB-months", "1216.700000"));
    }

    /** aws.amazon.com/s3/faqs, request example: 1.55 for 310,000 PUTs, 0.25 for 620,000 GETs. */
    @Test
    void awsExampleOfStorageRequests() {
        Ledger ledger = ledger(OLD);
        for (int day = 1; day <= 31; day++) {
            ledger.objectsWritten(10_000);
            ledger.objectsRead(20_000);
        }
        assertThat(ledger.bill().lines())
                .containsExactly(
                        line(Category.STORAGE, "objects written", "310000", "1.550000"),
                        line(Category.STORAGE, "objects read", "620000", "0.248000"));
    }

    /** Per second with a minimum of 60: aws.amazon.com/about-aws/whats-new/2017/10, Amazon EC2 per-second billing. */
    @ParameterizedTest
    @CsvSource({
        "0, 60",
        "1, 60",
        "59000000000, 60",
        "60000000000, 60",
        "60000000001, 61",
        "61000000000, 61",
        "3599999999999, 3600",
        "3600000000000, 3600"
    })
    void anInstanceIsBilledByTheSecondWithAMinimum(long upNanos, long billedSeconds) {
        Ledger ledger = ledger(OLD, "m4.large", "c5.large");
        ledger.instanceStopped(1, upNanos);
        assertThat(ledger.usage().instances())
                .containsExactly(
                        new Usage.InstanceSeconds(OLD.instanceType("m4.large"), 0, 0),
                        new Usage.InstanceSeconds(OLD.instanceType("c5.large"), 1, billedSeconds));
    }

    @Test
    void theMinimumHoldsForEachInstance() {
        Ledger ledger = ledger(OLD, "c5.large", "p2.xlarge");
        for (int i = 0; i < 3; i++) {
            ledger.instanceStopped(0, 10 * SECOND);
        }
        ledger.instanceStopped(1, 2 * HOUR);
        // 180 s x 0.085 / 3600 = 0.00425; 2 h x 0.9
        assertThat(ledger.bill().lines())
                .containsExactly(
                        line(Category.VM, "c5.large", "180 s", "0.004250"),
                        line(Category.VM, "p2.xlarge", "7200 s", "1.800000"));
        assertThat(ledger.bill().vm()).isEqualTo(new BigDecimal("1.804250"));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0",
        "1, 100, 1",
        "1000000, 100, 1",
        "1000001, 100, 2",
        "99999999, 100, 100",
        "100000000, 100, 100",
        "100000001, 200, 101",
        "1000000000, 1000, 1000"
    })
    void aDurationIsRoundedUp(long nanos, long before, long since) {
        for (PriceBook book : List.of(OLD, NEW)) {
            Ledger ledger = ledger(book);
            ledger.invocation(128, nanos);
            assertThat(ledger.usage().functionMbMillis()).isEqualTo(128 * (book.equals(OLD) ? before : since));
            assertThat(ledger.usage().functionRequests()).isEqualTo(1);
        }
    }

    /** The volumes of the price list's own check: 6e9 GB-s for 100,000.20, 9e9 for 135,000, 46.44e9 for 619,203.10. */
    @Test
    void volumeTiersAreBilledOneByOne() {
        Ledger ledger = ledger(NEW);
        // 61.44e9 GB-s: 10 GB for 6.144e9 s, in a hundred thousand invocations of 61,440 s
        for (int i = 0; i < 100_000; i++) {
            ledger.invocation(10_240, 61_440 * SECOND);
        }
        assertThat(ledger.bill().lines())
                .containsExactly(
                        line(Category.FUNCTION, "duration", "6000000000 GB-s", "100000.200000"),
                        line(Category.FUNCTION, "duration above 6000000000 GB-s", "9000000000 GB-s", "135000.000000"),
                        line(Category.FUNCTION, "duration above 15000000000 GB-s", "46440000000 GB-s", "619203.096000"),
                        line(Category.FUNCTION, "requests", "100000", "0.020000"));
    }

    @Test
    void whatIsFreeIsNotOnTheBill() {
        Bill bill = invoked(with(NEW, NEW.function().usdPerGbSecond(), FREE, 720), 1000, 1024, 1000);
        assertThat(bill.lines()).isEmpty();
        assertThat(bill.total()).isEqualTo(new BigDecimal("0.000000"));
    }

    @Test
    void anEmptyAccountCostsNothing() {
        Bill bill = ledger(OLD, "c5.large").bill();
        assertThat(bill.lines()).isEmpty();
        assertThat(List.of(bill.vm(), bill.function(), bill.storage(), bill.total()))
                .containsOnly(new BigDecimal("0.000000"));
    }

    @Test
    void aSnapshotDoesNotChange() {
        Ledger ledger = ledger(OLD, "c5.large");
        Usage before = ledger.usage();
        ledger.instanceStopped(0, HOUR);
        ledger.invocation(128, MILLI);
        assertThat(before.instances().get(0).billedSeconds()).isZero();
        assertThat(before.functionRequests()).isZero();
    }

    @Test
    void aBillAddsUpToTheLastDigitAndIsTheExactPrice() {
        long seed = 1_561_939_200L;
        Random random = new Random(seed);
        for (int draw = 0; draw < 200; draw++) {
            List<InstanceType> types = NEW.instanceTypes();
            Ledger ledger = new Ledger(NEW, types);
            long mbMillis = 0;
            for (int i = random.nextInt(50); i > 0; i--) {
                ledger.instanceStopped(random.nextInt(types.size()), random.nextLong(100 * HOUR));
                int memory = 128 + random.nextInt(10_113);
                long nanos = random.nextLong(900 * SECOND);
                ledger.invocation(memory, nanos);
                mbMillis += memory * ((nanos + MILLI - 1) / MILLI);
                ledger.objectsRead(random.nextInt(1_000_000));
                ledger.objectsWritten(random.nextInt(1_000_000));
                ledger.stored(random.nextLong(1L << 45), random.nextLong(1000 * HOUR));
            }
            Bill bill = ledger.bill();
            BigDecimal sum = bill.lines().stream().map(Line::usd).reduce(BigDecimal.ZERO.setScale(6), BigDecimal::add);
            assertThat(bill.total()).as("seed %d, draw %d", seed, draw).isEqualTo(sum);
            assertThat(bill.vm().add(bill.function()).add(bill.storage()))
                    .as("seed %d, draw %d", seed, draw)
                    .isEqualTo(sum);
            assertThat(bill.lines())
                    .as("seed %d, draw %d", seed, draw)
                    .allSatisfy(each -> assertThat(each.usd().scale()).isEqualTo(6));
            assertThat(ledger.usage().functionMbMillis())
                    .as("seed %d, draw %d", seed, draw)
                    .isEqualTo(mbMillis);
            // an independent price of the instances, rounded type by type
            BigDecimal vm = BigDecimal.ZERO.setScale(6);
            for (Usage.InstanceSeconds used : ledger.usage().instances()) {
                vm = vm.add(used.type()
                        .usdPerHour()
                        .multiply(BigDecimal.valueOf(used.billedSeconds()))
                        .divide(BigDecimal.valueOf(3600), 6, RoundingMode.HALF_UP));
            }
            assertThat(bill.vm()).as("seed %d, draw %d", seed, draw).isEqualTo(vm);
        }
    }

    @Test
    void anEstimateAgreesWithTheBillToARounding() {
        long seed = 77;
        Random random = new Random(seed);
        for (int draw = 0; draw < 100; draw++) {
            Ledger ledger = ledger(OLD);
            double estimate = 0;
            for (int i = 0; i < 1000; i++) {
                int memory = 128 + 64 * random.nextInt(46);
                long nanos = random.nextLong(10 * SECOND);
                ledger.invocation(memory, nanos);
                estimate += OLD.function().costPerInvocation(memory, nanos);
            }
            assertThat(ledger.bill().total().doubleValue())
                    .as("seed %d, draw %d", seed, draw)
                    .isCloseTo(estimate, offset(1.1e-6));
        }
    }

    @Test
    void anOverflowIsAnErrorAndLosesNothing() {
        Ledger ledger = ledger(NEW, "c5.large");
        ledger.objectsRead(Long.MAX_VALUE);
        assertThatThrownBy(() -> ledger.objectsRead(1)).isInstanceOf(ArithmeticException.class);
        assertThat(ledger.usage().objectsRead()).isEqualTo(Long.MAX_VALUE);
        assertThatThrownBy(() -> ledger.invocation(Integer.MAX_VALUE, Long.MAX_VALUE))
                .isInstanceOf(ArithmeticException.class);
        assertThat(ledger.usage().functionMbMillis()).isZero();
        assertThat(ledger.usage().functionRequests()).isZero();
        ledger.invocation(999_999, Long.MAX_VALUE);
        assertThatThrownBy(() -> ledger.invocation(999_999, Long.MAX_VALUE)).isInstanceOf(ArithmeticException.class);
        assertThat(ledger.usage().functionRequests()).isEqualTo(1);
    }

    @Test
    void storingNeverOverflows() {
        Ledger ledger = ledger(NEW);
        ledger.stored(Long.MAX_VALUE, Long.MAX_VALUE);
        ledger.stored(Long.MAX_VALUE, Long.MAX_VALUE);
        assertThat(ledger.usage().storedByteNanos())
                .isEqualTo(BigInteger.valueOf(Long.MAX_VALUE).pow(2).shiftLeft(1));
    }

    @Test
    void negativeUsageIsRefused() {
        Ledger ledger = ledger(OLD, "c5.large");
        assertThatThrownBy(() -> ledger.instanceStopped(0, -1)).hasMessage("an instance cannot have been up for -1 ns");
        assertThatThrownBy(() -> ledger.invocation(128, -1)).hasMessage("an invocation cannot have run for -1 ns");
        assertThatThrownBy(() -> ledger.invocation(0, 1)).hasMessage("a function cannot have 0 MB of memory");
        assertThatThrownBy(() -> ledger.objectsRead(-1)).hasMessageContaining("-1");
        assertThatThrownBy(() -> ledger.objectsWritten(-1)).hasMessageContaining("-1");
        assertThatThrownBy(() -> ledger.stored(-1, 1)).hasMessageContaining("-1");
        assertThatThrownBy(() -> ledger.stored(1, -1)).hasMessageContaining("-1");
        assertThat(ledger.bill().lines()).isEmpty();
    }
}
