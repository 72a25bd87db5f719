/** Model selectors: which variant answers a request. */
@org.jspecify.annotations.NullMarked
package dev.purser.research.selector;
