using Akka.Actor;
using Akka.Configuration;

namespace Akka.Remote.Transport;

/// <summary>
/// What carries bytes between systems. Named by <c>transport-class</c> in the sections of <c>akka.remote.enabled-transports</c>, made with the actor
/// system and its section, so that a simulation can put its own in the place of TCP. A connection is an ordered, reliable stream of bytes
/// that may break at any time.
/// </summary>
internal abstract class WireTransport(ExtendedActorSystem system, Config config)
{
    private string? _protocol;

    public ExtendedActorSystem System { get; } = system;

    public Config Config { get; } = config;

    /// <summary>Second part of the protocol in addresses, behind "akka.".</summary>
    public abstract string SchemeIdentifier { get; }

    /// <summary>The largest serialized message, in bytes.</summary>
    public abstract int MaximumPayloadBytes { get; }

    /// <summary>Starts to listen and answers with the address by which others reach this system. Throws when it cannot listen.</summary>
    public abstract Task<Address> Listen(Action<WireConnection> onInbound);

    /// <summary>Opens a connection. Throws <see cref="ConnectionRefusedException"/> when nobody listens there.</summary>
    public abstract Task<WireConnection> Connect(Address remote, CancellationToken cancellation);

    /// <summary>Listens no longer; connections stay.</summary>
    public abstract void StopListening();

    /// <summary>Ends everything.</summary>
    public abstract Task Shutdown();

    public bool IsResponsibleFor(Address remote) => remote.Protocol == (_protocol ??= RemoteSettings.AkkaScheme + "." + SchemeIdentifier);

    /// <summary>The transport that a section names.</summary>
    public static WireTransport Create(ExtendedActorSystem system, RemoteSettings.TransportSettings settings)
    {
        var type = Type.GetType(settings.TransportClass)
            ?? throw new ConfigurationException($"Cannot find transport class [{settings.TransportClass}]");
        try
        {
            return (WireTransport)Activator.CreateInstance(type, system, settings.Config)!;
        }
        catch (Exception cause)
        {
            var inner = cause is System.Reflection.TargetInvocationException { InnerException: { } thrown } ? thrown : cause;
            throw new ConfigurationException($"Cannot create transport [{settings.TransportClass}]: {inner.Message}", inner);
        }
    }
}

/// <summary>One connection: a stream of bytes in both directions.</summary>
internal abstract class WireConnection
{
    private int _closed;

    /// <summary>The bytes; a TLS stream fits here too.</summary>
    public abstract Stream Stream { get; }

    /// <summary>The other end, for logs.</summary>
    public abstract string Peer { get; }

    public bool IsClosed => Volatile.Read(ref _closed) != 0;

    /// <summary>Says that nothing more will be written, so that the other end reads all of it and then the end.</summary>
    public abstract void FinishWriting();

    /// <summary>Ends the connection; reads and writes that wait fail.</summary>
    public void Close()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
            CloseOnce();
    }

    protected abstract void CloseOnce();
}
