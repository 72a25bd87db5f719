package dev.purser.server.profile;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import dev.purser.core.model.VmProfile;
import dev.purser.core.pricing.InstanceType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to measure of a model.
 *
 * @param threads the threads of an inference that the fit is over, each 1 to the machine's processors
 * @param batches the batch sizes, each 1 to {@value VmProfile#MAX_BATCH}; 1 among them
 * @param starts how many worker processes are started to measure their start, 2 to {@value #MAX_STARTS}
 * @param types the instance types to write a profile for; may be empty
 * @param slots requests or batches at the same time on an instance; null for one on each of its processors
 * @param memoryMb the memory sizes to write a profile of a function for, each 128 to 10240; may be empty
 * @param input a file with what to send; null to make it up
 * @param textWords the words of a made-up text
 * @param warmUp for how long each point is measured for nothing, at most a minute
 * @param timeLimit when to end measuring inferences at the latest, however little is known, over 0
 * @param precisionPercent half the width of the median's 95 % confidence interval that is enough, in percent, over 0
 */
public record ProfilePlan(
        List<Integer> threads,
        List<Integer> batches,
        int starts,
        List<InstanceType> types,
        @Nullable Integer slots,
        List<Integer> memoryMb,
        @Nullable Path input,
        int textWords,
        Duration warmUp,
        Duration timeLimit,
        double precisionPercent) {
    /** The most worker processes that are started for the sake of their start. */
    public static final int MAX_STARTS = 100;

    /** A function of this memory has one processor to itself (AWS Lambda). */
    public static final int MB_PER_PROCESSOR = 1769;

    private static final int LEAST_MEMORY = 128;
    private static final int MOST_MEMORY = 10_240;

    public ProfilePlan {
        int processors = Runtime.getRuntime().availableProcessors();
        threads = sorted("threads", threads, 1, processors);
        batches = sorted("batches", batches, 1, VmProfile.MAX_BATCH);
        memoryMb = sorted("memory", memoryMb, LEAST_MEMORY, MOST_MEMORY);
        types = ImmutableList.copyOf(types);
        if (threads.isEmpty()) {
            throw new IllegalArgumentException("threads is empty, but there must be one number at least");
        }
        if (!batches.contains(1)) {
            throw new IllegalArgumentException("batches is " + batches + ", but 1 must be among them");
        }
        if (starts < 2 || starts > MAX_STARTS) {
            throw new IllegalArgumentException("starts is " + starts + ", but it must be 2 to " + MAX_STARTS);
        }
        if (slots != null && (slots < 1 || slots > VmProfile.MAX_SLOTS)) {
            throw new IllegalArgumentException("slots is " + slots + ", but it must be 1 to " + VmProfile.MAX_SLOTS);
        }
        for (InstanceType type : types) {
            if (type.vcpus() > processors) {
                throw new IllegalArgumentException("instance-types has " + type.name() + " with " + type.vcpus()
                        + " processors, but this machine has " + processors + ", so it cannot be measured here");
            }
        }
        for (int mb : memoryMb) {
            if (threadsOf(mb) > processors) {
                throw new IllegalArgumentException("memory has " + mb + " MB, which stands for " + threadsOf(mb)
                        + " processors, but this machine has " + processors + ", so it cannot be measured here");
            }
        }
        if (warmUp.compareTo(Duration.ofMinutes(1)) > 0) {
            throw new IllegalArgumentException("warm-up is " + warmUp.toSeconds() + "s, but it must be at most 1m");
        }
        if (timeLimit.isZero() || timeLimit.compareTo(Duration.ofHours(12)) > 0) {
            throw new IllegalArgumentException(
                    "time-limit is " + timeLimit.toSeconds() + "s, but it must be over 0s and at most 12h");
        }
        if (!(precisionPercent > 0 && precisionPercent <= 100)) {
            throw new IllegalArgumentException(
                    "precision is " + precisionPercent + ", but it must be over 0 and at most 100 percent");
        }
    }

    private static List<Integer> sorted(String name, Collection<Integer> values, int least, int most) {
        for (int value : values) {
            if (value < least || value > most) {
                throw new IllegalArgumentException(
                        name + " has " + value + ", but each must be " + least + " to " + most);
            }
        }
        return ImmutableSortedSet.copyOf(values).asList();
    }

    /** The slots of an instance of a type. */
    int slotsOf(InstanceType type) {
        return slots == null ? Math.min(type.vcpus(), VmProfile.MAX_SLOTS) : slots;
    }

    /** The threads of each inference on an instance of a type. */
    int threadsOf(InstanceType type) {
        return Math.max(1, type.vcpus() / slotsOf(type));
    }

    /** The threads of an inference in a function of a memory size. */
    static int threadsOf(int mb) {
        return Math.max(1, Math.round((float) mb / MB_PER_PROCESSOR));
    }
}
