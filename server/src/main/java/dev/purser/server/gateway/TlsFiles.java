package dev.purser.server.gateway;

import dev.purser.core.InputException;
import io.helidon.common.configurable.Resource;
import io.helidon.common.pki.Keys;
import io.helidon.common.tls.Tls;
import io.helidon.common.tls.TlsClientAuth;
import io.helidon.common.tls.TlsConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Turns PEM files into what the server speaks TLS with. */
final class TlsFiles {
    private TlsFiles() {}

    static Tls load(GatewaySettings.Tls files) {
        Keys key = pem("--tls-key", files.key(), "a private key in PEM form, PKCS#8 ('BEGIN PRIVATE KEY')", file -> {
            Keys read =
                    Keys.builder().pem(pem -> pem.key(Resource.create(file))).build();
            return read.privateKey().isPresent() ? read : null;
        });
        Keys chain = pem("--tls-certificate", files.certificate(), "a certificate in PEM form", file -> {
            Keys read = Keys.builder()
                    .pem(pem -> pem.certChain(Resource.create(file)))
                    .build();
            return read.certChain().isEmpty() ? null : read;
        });
        requirePair(
                files,
                key.privateKey().orElseThrow(),
                chain.certChain().getFirst().getPublicKey());
        TlsConfig.Builder tls = Tls.builder()
                .privateKey(key.privateKey().orElseThrow())
                .privateKeyCertChain(chain.certChain())
                .enabledProtocols(List.of("TLSv1.3", "TLSv1.2"));
        if (files.clientCa() != null) {
            Keys trusted = pem("--client-ca", files.clientCa(), "certificates in PEM form", file -> {
                Keys read = Keys.builder()
                        .pem(pem -> pem.certificates(Resource.create(file)))
                        .build();
                return read.certs().isEmpty() ? null : read;
            });
            tls.trust(trusted.certs()).clientAuth(TlsClientAuth.REQUIRED);
        }
        return tls.build();
    }

    /** Whether what the key signs is what the certificate stands for; clients would only say that it is wrong. */
    private static void requirePair(GatewaySettings.Tls files, PrivateKey key, PublicKey certified) {
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            default -> key.getAlgorithm();
        };
        boolean pair;
        try {
            byte[] text = {1, 2, 3};
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(certified);
            signature.update(text);
            pair = signature.verify(signed);
        } catch (GeneralSecurityException e) {
            pair = false;
        }
        if (!pair) {
            throw new InputException(
                    "--tls-key",
                    "",
                    files.key() + " is not the key of the certificate " + files.certificate(),
                    "the key must be the certificate's, and the server's own certificate the first in its file");
        }
    }

    private static Keys pem(String option, Path file, String wanted, Function<Path, @Nullable Keys> read) {
        if (!Files.isReadable(file)) {
            throw new InputException(option, "", "there is no readable file " + file, "name " + wanted);
        }
        try {
            Keys keys = read.apply(file);
            if (keys != null) {
                return keys;
            }
        } catch (RuntimeException e) {
            throw new InputException(option, "", file + " cannot be used: " + root(e), "name " + wanted);
        }
        throw new InputException(option, "", file + " holds nothing of the kind", "name " + wanted);
    }

    private static String root(Throwable e) {
        Throwable cause = e;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }
}
