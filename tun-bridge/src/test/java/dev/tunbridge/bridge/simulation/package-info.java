/**
 * The whole receive side in virtual time: one seed draws a server, its traffic, a path, two kernels' TCP and a capture around the
 * real receive core, and a model that knows the truth judges every step.
 *
 * <pre>
 *   ModelServer ► SentStream ► ModelTcpSender ► ModelLink ► ModelOffload ─┬► ModelKernelReceiver ─┬► ReceiveHost: ReceivePath ► TUN
 *                                    ▲                                    └► ModelCapture ────────┘
 *                                    └────────────── ModelLink ◄── acknowledgements
 * </pre>
 */
@NullMarked
package dev.tunbridge.bridge.simulation;

import org.jspecify.annotations.NullMarked;
