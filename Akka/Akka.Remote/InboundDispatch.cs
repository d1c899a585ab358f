using Akka.Actor;
using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Remote;

/// <summary>Turns bytes from peers into messages and hands them to local actors. Whatever a peer sends, nothing but its message is lost.</summary>
internal sealed class InboundDispatch(ActorSystemImpl system, RemoteActorRefProvider provider, ILoggingAdapter log)
{
    private readonly RemoteSettings _settings = provider.RemoteSettings;

    public void Deliver(in InboundMessage inbound)
    {
        object message;
        try
        {
            message = system.Serialization.Deserialize(inbound.Payload, inbound.SerializerId, inbound.Manifest);
        }
        catch (Exception cause)
        {
            // Serializers throw what they like; a message that cannot be read must not cost the connection.
            log.Warning(
                cause,
                "Serializer not defined or failing for message with serializer id [{0}] and manifest [{1}] from [{2}] to [{3}]. Transient association error: {4}",
                [inbound.SerializerId, inbound.Manifest, inbound.Sender!, inbound.Recipient, cause.Message]);
            return;
        }

        try
        {
            Dispatch(inbound.Recipient, message, inbound.Sender);
        }
        catch (Exception cause)
        {
            // A bounded mailbox, or a reference of an extension: its trouble is not the peer's.
            log.Error(cause, "Message of type [{0}] could not be handed to [{1}]", message?.GetType()!, inbound.Recipient);
        }
    }

    private void Dispatch(IInternalActorRef recipient, object message, IActorRef? sender)
    {
        if (_settings.LogReceive)
            log.Debug("received message {0} to [{1}] from [{2}]", message, recipient, sender!);
        switch (message)
        {
            case ActorSelectionMessage selection:
                if (_settings.UntrustedMode && !IsTrusted(recipient, selection))
                    log.Debug("operating in UntrustedMode, dropping inbound actor selection to [{0}]", selection);
                else
                    ActorSelection.DeliverSelection(recipient, sender!, selection);
                break;
            case IPossiblyHarmful when _settings.UntrustedMode:
                log.Debug("operating in UntrustedMode, dropping inbound IPossiblyHarmful message of type [{0}]", message.GetType());
                break;
            case ISystemMessage systemMessage:
                recipient.SendSystemMessage(systemMessage);
                break;
            default:
                recipient.Tell(message, sender!);
                break;
        }
    }

    private bool IsTrusted(IInternalActorRef recipient, ActorSelectionMessage selection)
    {
        var path = "/" + string.Join("/", selection.Elements.Select(element => element.ToString()));
        return selection.Message is not IPossiblyHarmful && recipient.Equals(provider.RootGuardian) && _settings.TrustedSelectionPaths.Contains(path);
    }
}
