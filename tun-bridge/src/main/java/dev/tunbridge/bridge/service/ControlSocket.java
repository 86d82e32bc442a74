package dev.tunbridge.bridge.service;

import dev.tunbridge.bridge.FaultReason;
import dev.tunbridge.bridge.config.AutoOr;
import dev.tunbridge.bridge.config.ConfigException;
import dev.tunbridge.bridge.config.ServiceConfig;
import dev.tunbridge.bridge.config.ServiceSettings;
import dev.tunbridge.bridge.control.ControlClient;
import dev.tunbridge.bridge.control.ControlHandler;
import dev.tunbridge.bridge.control.ControlServer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The control socket as it is configured. */
final class ControlSocket implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlSocket.class);

    private final Optional<ControlServer> server;

    private ControlSocket(Optional<ControlServer> server) {
        this.server = server;
    }

    /**
     * Opens it, if it is wanted; the usual one may be another service's, or not be permitted: then there is none.
     *
     * @throws ConfigException if one that was asked for by its path cannot be opened
     */
    static ControlSocket open(ServiceConfig config, ControlHandler handler) {
        AutoOr<Path> wanted = config.get(ServiceSettings.CONTROL_SOCKET);
        if (wanted instanceof AutoOr.Off<Path>) {
            return new ControlSocket(Optional.empty());
        }
        Path path = wanted instanceof AutoOr.Fixed<Path> fixed ? fixed.value() : ControlClient.USUAL_PATH;
        try {
            return new ControlSocket(
                    Optional.of(ControlServer.start(path, config.get(ServiceSettings.CONTROL_MODE), handler)));
        } catch (IOException | RuntimeException e) {
            String reason = FaultReason.of(e);
            if (wanted instanceof AutoOr.Fixed<Path>) {
                throw ConfigException.of(
                        ServiceSettings.CONTROL_SOCKET.key(), "cannot listen at " + path + ": " + reason, e);
            }
            LOG.info("no control socket: cannot listen at {}: {}", path, reason);
            return new ControlSocket(Optional.empty());
        }
    }

    @Override
    public void close() {
        server.ifPresent(ControlServer::close);
    }
}
