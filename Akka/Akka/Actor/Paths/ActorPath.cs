using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Akka.Util;

namespace Akka.Actor;

/// <summary>The name of an actor from the root of its system; equality ignores the incarnation (<see cref="Uid"/>).</summary>
public abstract class ActorPath : IEquatable<ActorPath>, IComparable<ActorPath>, ISurrogated
{
    /// <summary>Characters other than letters and digits that a path element may have.</summary>
    public const string ValidSymbols = @"""-_.*$+:@&=,!~';""()";

    private readonly ActorPath? _parent;
    private string? _text;
    private string? _withoutAddress;
    private string[]? _elements;
    private int _hash;

    protected ActorPath(Address address, string name)
    {
        Address = address;
        Name = name;
        Depth = 0;
    }

    protected ActorPath(ActorPath parentPath, string name, long uid)
    {
        _parent = parentPath;
        Address = parentPath.Address;
        Name = name;
        Uid = uid;
        Depth = parentPath.Depth + 1;
    }

    public string Name { get; }

    public Address Address { get; }

    public long Uid { get; }

    public ActorPath Parent => _parent ?? this;

    public int Depth { get; }

    public IReadOnlyList<string> Elements
    {
        get
        {
            if (_elements is { } known) return known;
            var elements = new string[Depth];
            var path = this;
            for (var i = Depth - 1; i >= 0; i--, path = path._parent!) elements[i] = path.Name;
            return _elements = elements;
        }
    }

    /// <summary>The elements; the last one carries the uid. What a remote system needs to find this very incarnation.</summary>
    internal IReadOnlyList<string> ElementsWithUid
    {
        get
        {
            if (Uid == ActorCell.UndefinedUid || Depth == 0) return Elements;
            var elements = Elements.ToArray();
            elements[^1] = AppendUidFragment(elements[^1]);
            return elements;
        }
    }

    public ActorPath Root => ParentOf(0);

    /// <summary>Names that start with a dollar sign belong to the engine.</summary>
    public static bool IsValidPathElement(string s) => !string.IsNullOrEmpty(s) && s[0] != '$' && AreValid(s);

    private static bool AreValid(ReadOnlySpan<char> chars)
    {
        for (var i = 0; i < chars.Length; i++)
        {
            var c = chars[i];
            if (char.IsAsciiLetterOrDigit(c) || ValidSymbols.Contains(c)) continue;
            // percent-encoded octets are the only other thing allowed
            if (c != '%' || i + 2 >= chars.Length || !char.IsAsciiHexDigit(chars[i + 1]) || !char.IsAsciiHexDigit(chars[i + 2])) return false;
            i += 2;
        }
        return true;
    }

    public ActorPath Child(string childName) => this / childName;

    public static ActorPath operator /(ActorPath path, string name)
    {
        var (child, uid) = SplitUid(name);
        return string.IsNullOrEmpty(child) ? path : new ChildActorPath(path, child, uid);
    }

    public static ActorPath operator /(ActorPath path, IEnumerable<string> name)
    {
        foreach (var element in name)
            if (!string.IsNullOrEmpty(element)) path /= element;
        return path;
    }

    /// <summary>Splits "name#uid".</summary>
    internal static (string Name, long Uid) SplitUid(string element)
    {
        var hash = element.IndexOf('#');
        if (hash < 0) return (element, ActorCell.UndefinedUid);
        return (element[..hash], long.TryParse(element.AsSpan(hash + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var uid)
            ? uid : ActorCell.UndefinedUid);
    }

    public ActorPath ParentOf(int depth)
    {
        var path = this;
        if (depth >= 0)
        {
            while (path.Depth > depth) path = path._parent!;
            return path;
        }
        for (var i = depth; i < 0 && path._parent is not null; i++) path = path._parent;
        return path;
    }

    public ActorPath WithUid(long uid) =>
        _parent is null
            ? uid == ActorCell.UndefinedUid ? this : throw new NotSupportedException("RootActorPath must have undefined uid")
            : uid == Uid ? this : new ChildActorPath(_parent, Name, uid);

    public static ActorPath Parse(string path) =>
        TryParse(path, out var parsed) ? parsed : throw new UriFormatException("Can not parse an ActorPath: " + path);

    public static bool TryParse(string path, [NotNullWhen(true)] out ActorPath? actorPath)
    {
        actorPath = null;
        return path is not null && Address.TryParse(path.AsSpan(), out var address, out var rest)
            && TryParse(new RootActorPath(address), rest, out actorPath);
    }

    public static bool TryParse(ActorPath basePath, string absoluteUri, [NotNullWhen(true)] out ActorPath? actorPath) =>
        TryParse(basePath, absoluteUri.AsSpan(), out actorPath);

    public static bool TryParse(ActorPath basePath, ReadOnlySpan<char> absoluteUri, [NotNullWhen(true)] out ActorPath? actorPath)
    {
        actorPath = basePath;
        var uid = (long)ActorCell.UndefinedUid;
        var hash = absoluteUri.LastIndexOf('#');
        if (hash >= 0)
        {
            if (!long.TryParse(absoluteUri[(hash + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out uid))
            {
                actorPath = null;
                return false;
            }
            absoluteUri = absoluteUri[..hash];
        }
        while (!absoluteUri.IsEmpty)
        {
            var slash = absoluteUri.IndexOf('/');
            var element = slash < 0 ? absoluteUri : absoluteUri[..slash];
            absoluteUri = slash < 0 ? default : absoluteUri[(slash + 1)..];
            if (!element.IsEmpty)
                actorPath = new ChildActorPath(actorPath, element.ToString(), absoluteUri.Trim('/').IsEmpty ? uid : ActorCell.UndefinedUid);
        }
        return true;
    }

    public static bool TryParseAddress(string path, [NotNullWhen(true)] out Address? address) => Address.TryParse(path, out address);

    public static bool TryParseAddress(string path, [NotNullWhen(true)] out Address? address, out ReadOnlySpan<char> absoluteUri) =>
        Address.TryParse(path.AsSpan(), out address, out absoluteUri);

    /// <summary>Splits a path's text into the address and the rest, which starts with a slash.</summary>
    public static bool TryParseParts(ReadOnlySpan<char> path, out ReadOnlySpan<char> address, out ReadOnlySpan<char> absoluteUri)
    {
        address = default;
        absoluteUri = default;
        var separator = path.IndexOf("://");
        if (separator <= 0) return false;
        var slash = path[(separator + 3)..].IndexOf('/');
        address = slash < 0 ? path : path[..(separator + 3 + slash)];
        absoluteUri = slash < 0 ? "/" : path[(separator + 3 + slash)..];
        return true;
    }

    public string ToStringWithoutAddress()
    {
        if (_withoutAddress is { } known) return known;
        // Not by way of the parents: a path from elsewhere may be as deep as a frame is long.
        return _withoutAddress = Depth == 0 ? "/" + Name.Trim('/') : "/" + FormatPathElements(Elements);
    }

    public override string ToString() => _text ??= Depth == 0 ? Address + "/" : Address + ToStringWithoutAddress();

    public string ToStringWithUid() => AppendUidFragment(ToString());

    public string ToStringWithAddress() => ToString();

    /// <summary>The text with the given address, unless the path has an address of its own that can be reached from outside.</summary>
    public string ToStringWithAddress(Address address)
    {
        if (IgnoreActorRef.IsIgnoreRefPath(this)) return ToString();
        return Address.Host is not null && Address.Port.HasValue ? ToString() : address + (Depth == 0 ? "/" : ToStringWithoutAddress());
    }

    public string ToSerializationFormat() => AppendUidFragment(ToStringWithAddress());

    public string ToSerializationFormatWithAddress(Address address) =>
        IgnoreActorRef.IsIgnoreRefPath(this) ? ToString() : AppendUidFragment(ToStringWithAddress(address));

    private string AppendUidFragment(string text) =>
        Uid == ActorCell.UndefinedUid ? text : string.Create(CultureInfo.InvariantCulture, $"{text}#{Uid}");

    public static string FormatPathElements(IEnumerable<string> pathElements) => string.Join("/", pathElements);

    public bool Equals(ActorPath? other)
    {
        if (ReferenceEquals(this, other)) return true;
        if (other is null || Depth != other.Depth || GetHashCode() != other.GetHashCode()) return false;
        ActorPath a = this, b = other;
        while (a._parent is not null)
        {
            if (!string.Equals(a.Name, b.Name, StringComparison.Ordinal)) return false;
            a = a._parent;
            b = b._parent!;
            if (ReferenceEquals(a, b)) return true;
        }
        return string.Equals(a.Name, b.Name, StringComparison.Ordinal) && a.Address.Equals(b.Address);
    }

    public override bool Equals(object? obj) => Equals(obj as ActorPath);

    public override int GetHashCode()
    {
        if (_hash != 0) return _hash;
        if (_parent is null or { _hash: not 0 }) return Hash();
        // Not by recursion, as above.
        var unknown = new Stack<ActorPath>();
        for (var path = this; path is { _hash: 0 }; path = path._parent) unknown.Push(path);
        while (unknown.TryPop(out var path)) path.Hash();
        return _hash;
    }

    // Its parent's is known.
    private int Hash()
    {
        var hash = unchecked((_parent?._hash ?? Address.GetHashCode()) * 397 ^ MurmurHash.StringHash(Name));
        return _hash = hash == 0 ? 1 : hash;
    }

    public static bool operator ==(ActorPath? left, ActorPath? right) => left is null ? right is null : left.Equals(right);

    public static bool operator !=(ActorPath? left, ActorPath? right) => !(left == right);

    public int CompareTo(ActorPath? other)
    {
        if (ReferenceEquals(this, other)) return 0;
        if (other is null) return 1;
        var result = Address.CompareTo(other.Address);
        if (result != 0) return result;
        IReadOnlyList<string> mine = Elements, theirs = other.Elements;
        for (var i = 0; i < mine.Count && i < theirs.Count; i++)
        {
            result = string.CompareOrdinal(mine[i], theirs[i]);
            if (result != 0) return result;
        }
        return mine.Count.CompareTo(theirs.Count);
    }

    public ISurrogate ToSurrogate(ActorSystem system) => new Surrogate(ToSerializationFormatWithAddress(SerializationAddress(system)));

    /// <summary>The address that others reach the system by, for what is being serialized now.</summary>
    private static Address SerializationAddress(ActorSystem system) =>
        Serialization.Serialization.CurrentTransportInformation?.Address ?? ((ExtendedActorSystem)system).Provider.DefaultAddress;

    /// <summary>The form in which a path is serialized.</summary>
    public sealed class Surrogate : ISurrogate, IEquatable<Surrogate>, IEquatable<ActorPath>
    {
        public Surrogate(string path) => Path = path;

        public string Path { get; }

        public ISurrogated FromSurrogate(ActorSystem system) => Parse(Path);

        public bool Equals(Surrogate? other) => other is not null && string.Equals(Path, other.Path, StringComparison.Ordinal);

        public bool Equals(ActorPath? other) => other is not null && string.Equals(Path, other.ToSerializationFormat(), StringComparison.Ordinal);

        public override bool Equals(object? obj) => obj is Surrogate surrogate ? Equals(surrogate) : Equals(obj as ActorPath);

        public override int GetHashCode() => Path.GetHashCode(StringComparison.Ordinal);
    }
}

/// <summary>The root of a system's paths.</summary>
public sealed class RootActorPath : ActorPath
{
    public RootActorPath(Address address, string name = "") : base(address, name) { }
}

/// <summary>The path of an actor below another.</summary>
public sealed class ChildActorPath : ActorPath
{
    public ChildActorPath(ActorPath parentPath, string name, long uid) : base(parentPath, name, uid) { }
}

/// <summary>Splits paths that are relative to an actor.</summary>
public static class RelativeActorPath
{
    public static IEnumerable<string> Unapply(string addr)
    {
        if (!Uri.TryCreate(addr, UriKind.RelativeOrAbsolute, out var uri) || (uri.IsAbsoluteUri && !addr.StartsWith('/'))) return null!;
        return addr.Split('/');
    }
}
