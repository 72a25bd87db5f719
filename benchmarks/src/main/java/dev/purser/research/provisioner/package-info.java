/** Benchmarks of what the provisioners keep to themselves. */
@org.jspecify.annotations.NullMarked
package dev.purser.research.provisioner;
