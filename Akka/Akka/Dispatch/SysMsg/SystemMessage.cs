using Akka.Actor;

namespace Akka.Dispatch.SysMsg;

/// <summary>Messages among cells: they go before user messages and are processed even while the mailbox is suspended.</summary>
public interface ISystemMessage : INoSerializationVerificationNeeded;

/// <summary>Base of system messages; each is its own link in a mailbox's stack, so that queueing allocates nothing.</summary>
public abstract class SystemMessage : ISystemMessage
{
    internal SystemMessage? Next;

    protected SystemMessage() { }

    public bool Unlinked => Next is null;

    public void Unlink() => Next = null;

    /// <summary>Reverses a chain (mailboxes stack messages latest first; they are processed earliest first).</summary>
    internal static SystemMessage? Reverse(SystemMessage? head)
    {
        SystemMessage? reversed = null;
        while (head is not null)
        {
            var next = head.Next;
            head.Next = reversed;
            reversed = head;
            head = next;
        }
        return reversed;
    }
}

/// <summary>Waits until the last child is gone before it is processed.</summary>
internal interface IStashWhenWaitingForChildren;

/// <summary>Waits until the actor is no longer suspended before it is processed.</summary>
internal interface IStashWhenFailed;
