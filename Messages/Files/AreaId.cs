using System.Globalization;
using System.Text.Json.Serialization;

namespace Mooring.Messages;

/// <summary>Names a storage area: one image that exactly one data node may write.</summary>
/// <param name="FileSystem">Its file system.</param>
/// <param name="Number">Its number there, from 0.</param>
[JsonConverter(typeof(TextJsonConverter<AreaId>))]
public readonly record struct AreaId(FileSystemName FileSystem, int Number) : ITextId<AreaId>
{
    /// <summary>Its image: the name is reserved, so that no volume command can touch it.</summary>
    /// <param name="pool">The pool of the file system's images.</param>
    /// <returns>The image.</returns>
    public VolumeId Image(string pool) => new(pool, "", string.Create(CultureInfo.InvariantCulture, $"{VolumeId.ReservedPrefix}fs.{FileSystem}.{Number}"));

    /// <summary>The name as <c>file-system:number</c>.</summary>
    /// <returns>The text.</returns>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{FileSystem}:{Number}");

    /// <inheritdoc/>
    public static AreaId FromText(string text)
    {
        var cut = text.LastIndexOf(':');
        return new AreaId(new FileSystemName(text[..cut]), int.Parse(text.AsSpan(cut + 1), CultureInfo.InvariantCulture));
    }
}
