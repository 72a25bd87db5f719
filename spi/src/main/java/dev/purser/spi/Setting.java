package dev.purser.spi;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Describes one component of a settings record: what people read, and what is checked before the record is made. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {

    /** What it means, with its unit. */
    String value();

    /** The default, written as in JSON (strings without quotes, unless in a list or object); empty where the setting must be given. */
    String byDefault() default "";

    /** The least value allowed, for numbers. */
    double min() default Double.NEGATIVE_INFINITY;

    /** The greatest value allowed, for numbers. */
    double max() default Double.POSITIVE_INFINITY;
}
