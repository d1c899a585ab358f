using System.Globalization;
using Akka.Util;

namespace Akka.Actor;

/// <summary>Where an actor system is: protocol, system name and, for a system that can be reached from outside, host and port.</summary>
public sealed class Address : IEquatable<Address>, IComparable<Address>, IComparable, ISurrogated, ICloneable
{
    private readonly int _hash;
    private string? _text;

    public Address(string protocol, string system, string? host = null, int? port = null)
    {
        Protocol = protocol;
        System = system;
        Host = host is null ? null! : host.ToLowerInvariant();
        Port = port;
        _hash = MurmurHash.StringHash(Protocol + "|" + System + "|" + Host + "|" + Port?.ToString(CultureInfo.InvariantCulture));
    }

    public static readonly IComparer<Address> Comparer = Comparer<Address>.Create((a, b) => Compare(a, b));

    /// <summary>Stands for every address.</summary>
    public static readonly Address AllSystems = new("akka", "all-systems");

    public string Host { get; }

    public int? Port { get; }

    public string System { get; }

    public string Protocol { get; }

    public bool HasLocalScope => Host is null;

    public bool HasGlobalScope => Host is not null;

    public int CompareTo(Address? other) => Compare(this, other);

    int IComparable.CompareTo(object? obj) => obj is Address other ? Compare(this, other) : 1;

    private static int Compare(Address? a, Address? b)
    {
        if (ReferenceEquals(a, b)) return 0;
        if (a is null) return -1;
        if (b is null) return 1;
        var result = string.CompareOrdinal(a.Protocol, b.Protocol);
        if (result != 0) return result;
        result = string.CompareOrdinal(a.System, b.System);
        if (result != 0) return result;
        result = string.CompareOrdinal(a.Host ?? "", b.Host ?? "");
        return result != 0 ? result : (a.Port ?? 0).CompareTo(b.Port ?? 0);
    }

    public object Clone() => new Address(Protocol, System, Host, Port);

    public Address WithProtocol(string protocol) => new(protocol, System, Host, Port);

    public Address WithSystem(string system) => new(Protocol, system, Host, Port);

    public Address WithHost(string? host = null) => new(Protocol, System, host, Port);

    public Address WithPort(int? port = null) => new(Protocol, System, Host, port);

    public bool Equals(Address? other) =>
        ReferenceEquals(this, other)
        || (other is not null && _hash == other._hash && Port == other.Port && string.Equals(Host, other.Host, StringComparison.Ordinal)
            && string.Equals(System, other.System, StringComparison.Ordinal) && string.Equals(Protocol, other.Protocol, StringComparison.Ordinal));

    public override bool Equals(object? obj) => Equals(obj as Address);

    public override int GetHashCode() => _hash;

    public static bool operator ==(Address? left, Address? right) => left is null ? right is null : left.Equals(right);

    public static bool operator !=(Address? left, Address? right) => !(left == right);

    public override string ToString() => _text ??= Protocol + "://" + HostPort();

    public string HostPort()
    {
        if (Host is null) return System;
        var host = Host.Contains(':') && !Host.StartsWith('[') ? "[" + Host + "]" : Host;
        return Port is { } port ? string.Create(CultureInfo.InvariantCulture, $"{System}@{host}:{port}") : System + "@" + host;
    }

    public static Address Parse(string address) =>
        TryParse(address, out Address? parsed) ? parsed : throw new UriFormatException("invalid address: " + address);

    public static bool TryParse(string path, [global::System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Address? address) =>
        TryParse(path.AsSpan(), out address);

    public static bool TryParse(string path, [global::System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Address? address, out string absolutUri)
    {
        var parsed = TryParse(path.AsSpan(), out address, out ReadOnlySpan<char> rest);
        absolutUri = rest.ToString();
        return parsed;
    }

    public static bool TryParse(ReadOnlySpan<char> span, [global::System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Address? address) =>
        TryParse(span, out address, out ReadOnlySpan<char> _);

    /// <summary>Parses the address at the start of an actor path; the rest is the path, starting with a slash.</summary>
    public static bool TryParse(
        ReadOnlySpan<char> span, [global::System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Address? address, out ReadOnlySpan<char> absolutUri)
    {
        address = null;
        absolutUri = default;
        var separator = span.IndexOf("://");
        if (separator <= 0) return false;
        var protocol = span[..separator];
        if (!protocol.StartsWith("akka", StringComparison.OrdinalIgnoreCase) && protocol.IndexOf('/') >= 0) return false;
        var rest = span[(separator + 3)..];
        var slash = rest.IndexOf('/');
        var authority = slash < 0 ? rest : rest[..slash];
        absolutUri = slash < 0 ? "/" : rest[slash..];
        if (authority.IsEmpty) return false;

        var at = authority.IndexOf('@');
        if (at < 0)
        {
            if (authority.IndexOfAny(':', '[') >= 0) return false;
            address = new Address(protocol.ToString(), authority.ToString());
            return true;
        }

        var system = authority[..at];
        var hostPort = authority[(at + 1)..];
        if (system.IsEmpty || hostPort.IsEmpty) return false;
        ReadOnlySpan<char> host, port = default;
        if (hostPort[0] == '[')
        {
            var close = hostPort.IndexOf(']');
            if (close < 0) return false;
            host = hostPort[1..close];
            if (close + 1 < hostPort.Length)
            {
                if (hostPort[close + 1] != ':') return false;
                port = hostPort[(close + 2)..];
                if (port.IsEmpty) return false;
            }
        }
        else
        {
            var colon = hostPort.IndexOf(':');
            host = colon < 0 ? hostPort : hostPort[..colon];
            if (colon >= 0)
            {
                port = hostPort[(colon + 1)..];
                if (port.IsEmpty) return false;
            }
        }
        if (host.IsEmpty) return false;

        int? number = null;
        if (!port.IsEmpty)
        {
            if (!int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var n) || n > 65535) return false;
            number = n;
        }
        address = new Address(protocol.ToString(), system.ToString(), host.ToString(), number);
        return true;
    }

    public ISurrogate ToSurrogate(ActorSystem system) => new AddressSurrogate { Protocol = Protocol, System = System, Host = Host, Port = Port };

    /// <summary>The form in which an address is serialized.</summary>
    public sealed class AddressSurrogate : ISurrogate
    {
        public string Protocol { get; set; } = "";

        public string System { get; set; } = "";

        public string? Host { get; set; }

        public int? Port { get; set; }

        public ISurrogated FromSurrogate(ActorSystem system) => new Address(Protocol, System, Host, Port);
    }
}
