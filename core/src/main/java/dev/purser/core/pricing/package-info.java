/** Price books, the exact ledger of usage, and bills. */
@org.jspecify.annotations.NullMarked
package dev.purser.core.pricing;
