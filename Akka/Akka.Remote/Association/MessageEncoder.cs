using Akka.Actor;
using Akka.Remote.Serialization;

namespace Akka.Remote;

/// <summary>A message on its way out.</summary>
internal readonly record struct OutboundMessage(object Message, IActorRef? Sender, RemoteActorRef Recipient);

/// <summary>
/// Writes messages as frames of one connection. Paths and manifests are sent in full once and as numbers afterwards; paths of temporary
/// actors (asks) are not worth a number.
/// </summary>
internal sealed class MessageEncoder(ExtendedActorSystem system, int payloadBytesMax, int tableSizeMax)
{
    internal const byte FlagSender = 1;
    internal const byte FlagSenderOfThisSystem = 2;

    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly Dictionary<IActorRef, int> _senders = new(ReferenceEqualityComparer.Instance);

    /// <summary>Appends a frame. Throws, and appends nothing, when the message cannot be serialized or is too large.</summary>
    public void Encode(WireWriter writer, in OutboundMessage outbound, ulong systemSequence)
    {
        // The payload first: when it fails, no number may have been given out in a frame that is never sent.
        var serializer = system.Serialization.FindSerializerFor(outbound.Message);
        var manifest = Akka.Serialization.Serialization.ManifestFor(serializer, outbound.Message);
        var payload = serializer.ToBinary(outbound.Message);
        if (payload.Length > payloadBytesMax)
        {
            throw new OversizedPayloadException(
                $"Discarding oversized payload sent to {outbound.Recipient}: max allowed size {payloadBytesMax} bytes, actual size of encoded "
                + $"{outbound.Message.GetType()} was {payload.Length} bytes.");
        }

        var start = writer.Length;
        writer.WriteInt32(0);
        writer.WriteByte((byte)(systemSequence == 0 ? FrameKind.Message : FrameKind.SystemMessage));
        if (systemSequence != 0)
            writer.WriteVarUInt(systemSequence);
        var sender = outbound.Sender;
        var ownSender = sender is IInternalActorRef { IsLocal: true };
        writer.WriteByte((byte)((sender is null ? 0 : FlagSender) | (ownSender ? FlagSenderOfThisSystem : 0)));
        WriteRecipient(writer, outbound.Recipient);
        if (sender is not null)
            WriteSender(writer, sender, ownSender);
        writer.WriteVarInt(serializer.Identifier);
        WriteNumbered(writer, manifest, manifest.Length > 0);
        writer.WriteRaw(payload);
        writer.WriteInt32At(start, writer.Length - start - 4);
    }

    /// <summary>The path without the address, with the uid: the address of either end is known to both.</summary>
    public static string PathWithoutAddress(ActorPath path)
    {
        var text = path.ToStringWithoutAddress();
        return path.Uid == ActorCell.UndefinedUid ? text : text + "#" + path.Uid.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }

    public static bool IsTemporary(string pathWithoutAddress) => pathWithoutAddress.StartsWith("/temp/", StringComparison.Ordinal);

    private void WriteRecipient(WireWriter writer, RemoteActorRef recipient)
    {
        if (ReferenceEquals(recipient.NumberedBy, this))
        {
            writer.WriteVarUInt((uint)recipient.Number);
            return;
        }

        var number = WriteNumbered(writer, recipient.WirePath, !IsTemporary(recipient.WirePath));
        if (number > 0)
            recipient.SetNumber(this, number);
    }

    private void WriteSender(WireWriter writer, IActorRef sender, bool own)
    {
        if (_senders.TryGetValue(sender, out var number))
        {
            writer.WriteVarUInt((uint)number);
            return;
        }

        var path = own ? PathWithoutAddress(sender.Path) : Akka.Serialization.Serialization.SerializedActorPath(sender);
        number = WriteNumbered(writer, path, !own || !IsTemporary(path));
        if (number == 0)
            return;
        if (_senders.Count >= tableSizeMax)
            _senders.Clear(); // a cache only; the numbers themselves stay
        _senders.Add(sender, number);
    }

    private int WriteNumbered(WireWriter writer, string text, bool worthNumber)
    {
        if (worthNumber && _numbers.TryGetValue(text, out var number))
        {
            writer.WriteVarUInt((uint)number);
            return number;
        }

        number = worthNumber && _numbers.Count < tableSizeMax ? _numbers.Count + 1 : 0;
        writer.WriteVarUInt((uint)number);
        writer.WriteString(text);
        if (number > 0)
            _numbers.Add(text, number);
        return number;
    }
}
