/** How what is measured is kept until somebody asks for it. */
@NullMarked
package dev.tunbridge.bridge.measure;

import org.jspecify.annotations.NullMarked;
