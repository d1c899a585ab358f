using System.ComponentModel;
using System.Diagnostics;
using System.Net;

namespace Mooring.StorageNode.Vip.Linux;

/// <summary>An address, and the link that it belongs on.</summary>
internal sealed record Place(IPEndPoint Endpoint, NetworkLink Link);

/// <summary>
/// Listens to what the hosts of the links say about the addresses: asks before they are taken, announces them afterwards, and contradicts whoever
/// claims them meanwhile. On links that are no Ethernet there is nobody to ask or to tell.
/// </summary>
internal sealed class AddressWatch : IDisposable
{
    // Long enough for a host on the same link, which answers from its kernel.
    private static readonly TimeSpan AnswerMax = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ContradictInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan AnswerInterval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan TellInterval = TimeSpan.FromSeconds(10);

    private readonly Action<string> _tell;
    private readonly List<(Place Place, PacketSocket Socket)> _watched = [];

    /// <summary>Opens what it needs.</summary>
    /// <param name="places">The addresses.</param>
    /// <param name="tell">Is told when somebody else claims one of them, one line each.</param>
    /// <exception cref="Win32Exception">The links cannot be listened to.</exception>
    public AddressWatch(IEnumerable<Place> places, Action<string> tell)
    {
        _tell = tell;
        try
        {
            foreach (var place in places)
            {
                if (place.Link.Mac is { } mac)
                    _watched.Add((place, new PacketSocket(place.Endpoint.Address, place.Link.Index, mac)));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Asks whether somebody has one of the addresses.</summary>
    /// <param name="plan">When to ask.</param>
    /// <param name="isOwn">Whether an answer of this host does not count.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Who has which; null when they are free.</returns>
    public (IPAddress Address, MacAddress By)? Probe(ProbePlan plan, Func<MacAddress, bool> isOwn, CancellationToken cancellationToken)
    {
        if (_watched.Count == 0)
            return null;
        var begin = Stopwatch.GetTimestamp();
        var sent = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var at = Stopwatch.GetElapsedTime(begin);
            for (; sent < plan.Times.Count && at >= plan.Times[sent]; sent++)
                _watched.ForEach(w => w.Socket.Probe());
            var next = sent < plan.Times.Count ? plan.Times[sent] : plan.End;
            if (sent == plan.Times.Count && at >= next)
                return null;
            foreach (var (place, heard) in Hear(Min(next - at, AnswerMax)))
            {
                // Somebody who probes is about to take it, as this host is: whoever hears of the other first gives way.
                if (heard.Saying != Saying.Question && !isOwn(heard.From))
                    return (place.Endpoint.Address, heard.From);
            }
        }
    }

    /// <summary>Whether a host has one of some addresses too.</summary>
    /// <param name="mac">The host.</param>
    /// <param name="addresses">The addresses.</param>
    /// <returns>Whether it answers for one of them on one of the links.</returns>
    public bool IsOneOf(MacAddress mac, IReadOnlyList<IPAddress> addresses)
    {
        var links = _watched.Select(w => w.Place.Link).DistinctBy(link => link.Index);
        using var asked = new AddressWatch(links.SelectMany(link => addresses.Select(address => new Place(new IPEndPoint(address, 0), link))), _tell);
        var begin = Stopwatch.GetTimestamp();
        asked._watched.ForEach(w => w.Socket.Probe());
        while (AnswerMax - Stopwatch.GetElapsedTime(begin) is var left && left > TimeSpan.Zero)
        {
            if (asked.Hear(left).Any(answer => answer.Heard == new Heard(Saying.Claim, mac)))
                return true;
        }
        return false;
    }

    /// <summary>Announces the addresses from now on, on a thread of its own, and disposes of this when they are not this host's any more.</summary>
    /// <param name="ifOwned">Says something unless the addresses have left this host. Gives the longest time until it is to be called again; null when
    /// they have left.</param>
    public void Announce(Func<Action, TimeSpan?> ifOwned) => new Thread(() =>
    {
        using (this)
            AnnounceWhile(ifOwned);
    })
    {
        IsBackground = true, Name = "address-watch",
    }.Start();

    /// <inheritdoc/>
    public void Dispose() => _watched.ForEach(w => w.Socket.Dispose());

    private void AnnounceWhile(Func<Action, TimeSpan?> ifOwned)
    {
        var begin = Stopwatch.GetTimestamp();
        var announced = 0;
        var (saidAt, toldAt) = (TimeSpan.Zero, TimeSpan.MinValue);
        while (true)
        {
            var at = Stopwatch.GetElapsedTime(begin);
            var due = announced < AddressPlan.Announcements.Count && at >= AddressPlan.Announcements[announced];
            if (ifOwned(due ? Say : () => { }) is not { } wait)
                return;
            if (due)
                (announced, saidAt) = (announced + 1, at);
            if (announced < AddressPlan.Announcements.Count)
                wait = Min(wait, AddressPlan.Announcements[announced] - at);
            foreach (var (place, heard) in Hear(wait))
            {
                at = Stopwatch.GetElapsedTime(begin);
                if (heard.Saying == Saying.Claim && (toldAt == TimeSpan.MinValue || at - toldAt > TellInterval))
                {
                    toldAt = at;
                    _tell($"another machine claims {place.Endpoint.Address}, which this node owns: {heard.From}");
                }
                // A dead predecessor's kernel answers until the lifetime is over: who asks hears this node too, and last.
                var interval = heard.Saying == Saying.Claim ? ContradictInterval : at < AddressPlan.AnswerTime ? AnswerInterval : TimeSpan.MaxValue;
                if (at - saidAt < interval)
                    continue;
                saidAt = at;
                if (ifOwned(Say) is null)
                    return;
            }
        }
    }

    private void Say()
    {
        foreach (var (_, socket) in _watched)
        {
            try
            {
                socket.Announce();
            }
            catch (Win32Exception)
            {
                // The link is down: nobody would hear it.
            }
        }
    }

    private List<(Place Place, Heard Heard)> Hear(TimeSpan limit)
    {
        var all = new List<(Place, Heard)>();
        var ready = Libc.Wait([.. _watched.Select(w => w.Socket.Descriptor)], limit);
        for (var i = 0; i < ready.Length; i++)
        {
            try
            {
                if (ready[i] && _watched[i].Socket.Hear() is { } heard)
                    all.Add((_watched[i].Place, heard));
            }
            catch (Win32Exception)
            {
                // The link went down; when it is there again, it is heard again.
            }
        }
        return all;
    }

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
