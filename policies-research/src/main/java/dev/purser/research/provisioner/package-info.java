/** Resource provisioners: what to hold until the next look. */
@org.jspecify.annotations.NullMarked
package dev.purser.research.provisioner;
