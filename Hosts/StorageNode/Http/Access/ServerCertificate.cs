using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Mooring.StorageNode.Http.Access;

/// <summary>The certificate that the node shows, from two PEM files. Read again when they have changed, so that it is renewed while the node runs.</summary>
internal sealed class ServerCertificate : IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly string _certificate;
    private readonly string _key;
    private readonly Action<string> _tell;
    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private (DateTime Certificate, DateTime Key) _written;
    private long _lookedAt;
    private X509Certificate2 _current;

    /// <summary>Reads the files.</summary>
    /// <param name="certificate">The certificate, which is the CA's own work: none between them is sent.</param>
    /// <param name="key">Its private key.</param>
    /// <param name="tell">Told in one line when a new one was read, or cannot be.</param>
    /// <param name="clock">The time.</param>
    /// <exception cref="NodeStartException">They cannot be used.</exception>
    public ServerCertificate(string certificate, string key, Action<string> tell, TimeProvider clock)
    {
        (_certificate, _key, _tell, _clock) = (certificate, key, tell, clock);
        _written = Written();
        _lookedAt = clock.GetTimestamp();
        try
        {
            _current = Read();
        }
        catch (Exception e) when (IsOfTheFiles(e))
        {
            throw new NodeStartException($"mooring.http.certificate and mooring.http.key: {e.Message}", e);
        }
    }

    /// <summary>The certificate as it is now.</summary>
    public X509Certificate2 Current
    {
        get
        {
            lock (_lock)
            {
                if (_clock.GetElapsedTime(_lookedAt) >= LookInterval)
                    Look();
                return _current;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _current.Dispose();

    // Of two files that are being replaced one may be the old one still: then the next look finds them.
    private void Look()
    {
        _lookedAt = _clock.GetTimestamp();
        try
        {
            var written = Written();
            if (written == _written)
                return;
            // Connections that are being made may hold the old one: the collector disposes of it.
            _current = Read();
            _written = written;
            _tell($"{_certificate} was read again; it ends {_current.NotAfter.ToUniversalTime():u}");
        }
        catch (Exception e) when (IsOfTheFiles(e))
        {
            _tell($"{_certificate} has changed and cannot be used, the one before it stays: {e.Message}");
        }
    }

    private X509Certificate2 Read() => X509Certificate2.CreateFromPemFile(_certificate, _key);

    private (DateTime Certificate, DateTime Key) Written() => (File.GetLastWriteTimeUtc(_certificate), File.GetLastWriteTimeUtc(_key));

    private static bool IsOfTheFiles(Exception e) => e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException;
}
