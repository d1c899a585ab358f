using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json.Serialization;

namespace Mooring.Messages;

/// <summary>Names a volume as <c>rbd</c> does: <c>pool[/namespace]/image</c>.</summary>
/// <param name="Pool">The pool's name.</param>
/// <param name="Namespace">The namespace; empty for the pool's default namespace.</param>
/// <param name="Image">The image's name.</param>
[JsonConverter(typeof(TextJsonConverter<VolumeId>))]
public readonly record struct VolumeId(string Pool, string Namespace, string Image) : ITextId<VolumeId>
{
    /// <summary>The longest name of an image, in bytes of UTF-8: what RADOS allows an object's name (osd_max_object_name_len, 2,048), less <c>rbd_id.</c></summary>
    public const int ImageBytesMax = 2048 - 7;

    /// <summary>The longest name of a namespace, in bytes of UTF-8 (osd_max_object_namespace_len).</summary>
    public const int NamespaceBytesMax = 256;

    /// <summary>The longest name of a pool, in bytes of UTF-8. Ceph sets none; longer ones do not fit into an address of HTTP.</summary>
    public const int PoolBytesMax = 2048;

    /// <summary>The pool that is meant when only an image is named, as with the <c>rbd</c> command.</summary>
    public const string DefaultPool = "rbd";

    /// <summary>Names that begin so are Mooring's own work in progress and cannot be asked for.</summary>
    public const string ReservedPrefix = ".mooring.";

    /// <summary>Reads <c>pool/namespace/image</c>, <c>pool/image</c> or <c>image</c> (in the pool <see cref="DefaultPool"/>).</summary>
    /// <param name="text">What to read.</param>
    /// <param name="id">The volume, when it is well formed.</param>
    /// <param name="problem">What is wrong, in one line, otherwise.</param>
    /// <returns>Whether <paramref name="text"/> names a volume.</returns>
    public static bool TryParse(string? text, out VolumeId id, [NotNullWhen(false)] out string? problem)
    {
        id = default;
        var parts = (text ?? "").Split('/');
        if (parts.Length > 3)
        {
            problem = $"'{PlainText.Line(text!)}' is not a volume: expected pool[/namespace]/image";
            return false;
        }
        var candidate = parts.Length switch
        {
            1 => new VolumeId(DefaultPool, "", parts[0]),
            2 => new VolumeId(parts[0], "", parts[1]),
            _ => new VolumeId(parts[0], parts[1], parts[2]),
        };
        problem = candidate.Validate(namespaceNamed: parts.Length == 3);
        if (problem is not null)
            return false;
        id = candidate;
        return true;
    }

    /// <summary>Reads a volume's name or throws.</summary>
    /// <param name="text">As for <see cref="TryParse"/>.</param>
    /// <returns>The volume.</returns>
    /// <exception cref="FormatException">The text does not name a volume; the message says why.</exception>
    public static VolumeId Parse(string text) => TryParse(text, out var id, out var problem) ? id : throw new FormatException(problem);

    /// <summary>Says what is wrong with the names, or <see langword="null"/> when nothing is.</summary>
    /// <param name="namespaceNamed">Whether an empty namespace is an error.</param>
    /// <returns>One line, or null.</returns>
    public string? Validate(bool namespaceNamed = false)
    {
        if (NameProblem("pool", Pool, PoolBytesMax) is { } pool)
            return pool;
        if ((namespaceNamed || !string.IsNullOrEmpty(Namespace)) && NameProblem("namespace", Namespace, NamespaceBytesMax) is { } ns)
            return ns;
        if (NameProblem("image", Image, ImageBytesMax) is { } image)
            return image;
        return Image.StartsWith(ReservedPrefix, StringComparison.Ordinal) ? $"image name '{PlainText.Line(Image)}' is reserved: it begins with {ReservedPrefix}" : null;
    }

    /// <summary>The name as <c>pool[/namespace]/image</c>.</summary>
    /// <returns>The text that <see cref="Parse"/> reads.</returns>
    public override string ToString() => string.IsNullOrEmpty(Namespace) ? $"{Pool}/{Image}" : $"{Pool}/{Namespace}/{Image}";

    /// <inheritdoc/>
    public static VolumeId FromText(string text) => text.Split('/') switch
    {
        [var pool, var image] => new VolumeId(pool, "", image),
        [var pool, var ns, var image] => new VolumeId(pool, ns, image),
        _ => throw new FormatException($"'{text}' is not a volume"),
    };

    // The rules of rbd itself: whatever it can make can be named.
    internal static string? NameProblem(string what, string? name, int bytesMax)
    {
        if (string.IsNullOrEmpty(name))
            return $"{what} name is empty";
        foreach (var rune in name.EnumerateRunes())
        {
            if (rune.Value is '/' or '@')
                return $"{what} name contains '{rune}', which is not allowed";
            // It stands for what was not UTF-8: names that differ there would be one.
            if (rune == Rune.ReplacementChar)
                return $"{what} name contains bytes that are not UTF-8";
            if (rune.Value == 0)
                return $"{what} name contains the character U+0000, which is not allowed";
        }
        var bytes = Encoding.UTF8.GetByteCount(name);
        return bytes > bytesMax ? $"{what} name is {bytes} bytes long; at most {bytesMax} are allowed" : null;
    }
}
