using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Dispatch.SysMsg;
using Akka.Serialization;

namespace Akka.Remote.Serialization;

/// <summary>System messages that make sense between systems: death watch, and life cycle commands of a remote reference.</summary>
public sealed class SystemMessageSerializer : Serializer
{
    private const byte WatchKind = 1;
    private const byte UnwatchKind = 2;
    private const byte DeathWatchKind = 3;
    private const byte TerminateKind = 4;
    private const byte SuspendKind = 5;
    private const byte ResumeKind = 6;
    private const byte RecreateKind = 7;

    /// <summary>A serializer of the actor system.</summary>
    public SystemMessageSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    /// <inheritdoc />
    public override bool IncludeManifest => false;

    /// <inheritdoc />
    public override byte[] ToBinary(object obj)
    {
        using var writer = new WireWriter();
        switch (obj)
        {
            case Watch watch:
                writer.WriteByte(WatchKind);
                writer.WriteActorRef(watch.Watchee);
                writer.WriteActorRef(watch.Watcher);
                break;
            case Unwatch unwatch:
                writer.WriteByte(UnwatchKind);
                writer.WriteActorRef(unwatch.Watchee);
                writer.WriteActorRef(unwatch.Watcher);
                break;
            case DeathWatchNotification notification:
                writer.WriteByte(DeathWatchKind);
                writer.WriteActorRef(notification.Actor);
                writer.WriteBoolean(notification.ExistenceConfirmed);
                writer.WriteBoolean(notification.AddressTerminated);
                break;
            case Terminate:
                writer.WriteByte(TerminateKind);
                break;
            case Suspend:
                writer.WriteByte(SuspendKind);
                break;
            case Resume resume:
                writer.WriteByte(ResumeKind);
                ExceptionSupport.Write(writer, resume.CausedByFailure);
                break;
            case Recreate recreate:
                writer.WriteByte(RecreateKind);
                ExceptionSupport.Write(writer, recreate.Cause);
                break;
            default:
                throw new ArgumentException($"{obj?.GetType()} is not supported between systems.", nameof(obj));
        }

        return writer.ToArray();
    }

    /// <inheritdoc />
    public override object FromBinary(byte[] bytes, Type? type)
    {
        var reader = new WireReader(bytes);
        return reader.ReadByte() switch
        {
            WatchKind => new Watch(ReadRef(ref reader), ReadRef(ref reader)),
            UnwatchKind => new Unwatch(ReadRef(ref reader), ReadRef(ref reader)),
            DeathWatchKind => new DeathWatchNotification(ReadRef(ref reader), reader.ReadBoolean(), reader.ReadBoolean()),
            TerminateKind => new Terminate(),
            SuspendKind => new Suspend(),
            ResumeKind => new Resume(ExceptionSupport.Read(ref reader)),
            RecreateKind => new Recreate(ExceptionSupport.Read(ref reader)),
            var kind => throw new SerializationException($"Unknown system message {kind}"),
        };
    }

    private IInternalActorRef ReadRef(ref WireReader reader) =>
        (IInternalActorRef)(reader.ReadActorRef(system) ?? throw new SerializationException("An actor reference is missing"));
}
