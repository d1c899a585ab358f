using System.Text.Json.Serialization;

namespace Mooring.Messages;

/// <summary>
/// What a successor fences: the address of one connection to the block store (on Ceph what <c>rados_getaddrs</c> of librados.h
/// returns; on the embedded store the session's id).
/// </summary>
/// <param name="Value">As the store gave it; never parsed outside the store's adapter.</param>
[JsonConverter(typeof(TextJsonConverter<FenceAddress>))]
public readonly record struct FenceAddress(string Value) : ITextId<FenceAddress>
{
    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <inheritdoc/>
    public static FenceAddress FromText(string text) => new(text);
}
