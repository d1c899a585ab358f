using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Remote.Serialization;

namespace Akka.Remote;

/// <summary>What a message frame says, before the payload is looked at.</summary>
internal readonly record struct InboundMessage(IInternalActorRef Recipient, IActorRef? Sender, int SerializerId, string Manifest, byte[] Payload);

/// <summary>Reads the message frames of one connection: the other half of <see cref="MessageEncoder"/>.</summary>
internal sealed class MessageDecoder(RemoteActorRefProvider provider, Address peer, int tableSizeMax)
{
    private readonly List<Entry> _entries = [];
    private readonly RootActorPath _peerRoot = new(peer);

    public InboundMessage Decode(ref WireReader reader)
    {
        var flags = reader.ReadByte();
        var recipient = ReadEntry(ref reader);
        var sender = (flags & MessageEncoder.FlagSender) == 0 ? null : ResolveSender(ReadEntry(ref reader), (flags & MessageEncoder.FlagSenderOfThisSystem) != 0);
        var serializerId = checked((int)reader.ReadVarInt());
        var manifest = ReadEntry(ref reader).Text;
        return new InboundMessage(ResolveRecipient(recipient), sender, serializerId, manifest, reader.ReadRest().ToArray());
    }

    private Entry ReadEntry(ref WireReader reader)
    {
        var number = reader.ReadVarUInt();
        if (number > 0 && number <= (ulong)_entries.Count)
            return _entries[(int)number - 1];
        var entry = new Entry(reader.ReadString() ?? throw new SerializationException("A path or manifest is missing"));
        if (number == 0)
            return entry;
        if (number != (ulong)_entries.Count + 1 || _entries.Count >= tableSizeMax)
            throw new SerializationException($"Number {number} was not announced before");
        _entries.Add(entry);
        return entry;
    }

    private IInternalActorRef ResolveRecipient(Entry entry)
    {
        if (entry.Recipient is { IsTerminated: false } known)
            return known;
        var found = provider.ResolveLocalPath(entry.Text);

        // A path without uid, or of an actor that is not there, may mean another actor next time.
        entry.Recipient = found is ActorRefWithCell && found.Path.Uid != ActorCell.UndefinedUid && entry.Text.Contains('#') ? found : null;
        return found;
    }

    private IActorRef ResolveSender(Entry entry, bool ofPeer) => entry.Sender ??=
        !ofPeer ? provider.ResolveActorRef(entry.Text)
        // Each ask has a path of its own: nothing would be found under its text.
        : MessageEncoder.IsTemporary(entry.Text) && ActorPath.TryParse(_peerRoot, entry.Text, out var asking) ? provider.ResolveActorRef(asking)
        : provider.ResolveActorRef(peer + entry.Text);

    private sealed class Entry(string text)
    {
        public string Text { get; } = text;

        public IInternalActorRef? Recipient { get; set; }

        public IActorRef? Sender { get; set; }
    }
}
