using Akka.Actor;
using Akka.Event;
using Akka.Remote;

namespace Mooring.Actors.Membership;

/// <summary>
/// Sees to it that this node writes to each other node through one connection. Remoting loses a writer that it makes while it quarantines the
/// node to which it writes (docs/akka-net.md): that writer and the next take the other node's reading from each other for ever, and half of what
/// is sent is lost. Who has been quarantined is written to by none; what is sent there later opens a new connection.
/// </summary>
internal sealed class OneWriterActor : ReceiveActor, IWithTimers
{
    /// <summary>Its name under the dispatcher.</summary>
    public const string Name = "writers";

    // Long enough for the writer that the quarantine ends to have ended.
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(100);

    private readonly ILoggingAdapter _log = Context.GetLogger();

    public OneWriterActor()
    {
        Receive<QuarantinedEvent>(quarantined => Timers.StartSingleTimer(quarantined.Address, quarantined.Address, Delay));
        Receive<Address>(address =>
        {
            _log.Info("{0} is quarantined: connections that are being opened to it end", address);
            // A writer that fails leaves its address closed for a moment; one that is merely stopped has the next one lost like itself.
            Context.ActorSelection(WritersTo(address)).Tell(Kill.Instance);
        });
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    /// <returns>The recipe.</returns>
    public static Props Props() => Akka.Actor.Props.Create(() => new OneWriterActor());

    /// <summary>The writers to an address, by remoting's names: the address, and a number.</summary>
    /// <param name="address">The other node.</param>
    /// <returns>The pattern.</returns>
    internal static string WritersTo(Address address) => $"/system/endpointManager/reliableEndpointWriter-{Uri.EscapeDataString(address.ToString())}-*";

    /// <inheritdoc/>
    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(QuarantinedEvent));

    /// <inheritdoc/>
    protected override void PostStop() => Context.System.EventStream.Unsubscribe(Self);
}
