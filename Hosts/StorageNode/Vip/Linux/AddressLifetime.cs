using Mooring.Actors;

namespace Mooring.StorageNode.Vip.Linux;

/// <summary>
/// How long the kernel is told to keep the address: it takes it off by itself when nobody renews it, whatever has become of this process.
/// <para>
/// The lease was asked for at a, so that nobody else can have it before a + D (D is its duration). A lifetime of L seconds that is set at s holds until
/// s + L + δ at most, δ being what the kernel adds (<see cref="KernelSlack"/>). So that the address never outlasts the lease, s + L + δ ≤ a + D:
/// L is the largest whole number of seconds up to a + D - s - δ. It is set at each renewal, and again whenever a + D - s - δ is a whole number while the next
/// renewal is late (<see cref="NextFit"/>): so the address stays until a + D - δ, a few milliseconds less. Renewals are asked for every R; one that takes
/// the margin M must not leave the address without a lifetime: R + M ≤ L, which the shipped D, R and M (3 s, 0.5 s, 0.25 s: L = 2 s) keep.
/// </para>
/// </summary>
internal static class AddressLifetime
{
    /// <summary>
    /// What the kernel adds to a lifetime. Its timer is rounded up by less than 250 ms (ADDRCONF_TIMER_FUZZ), and its work takes its turn on the
    /// processors: 2 s asked were held for 2.02 to 2.35 s on a busy machine. It can be up to 1 s when another address of the host gets
    /// or ends a lifetime in the very second before: the kernel looks once a second.
    /// </summary>
    public static readonly TimeSpan KernelSlack = TimeSpan.FromMilliseconds(350);

    // A thread wakes a little late: a moment too late, and the lifetime would be a second shorter.
    private static readonly TimeSpan Early = TimeSpan.FromMilliseconds(20);

    /// <summary>The lifetime to set now.</summary>
    /// <param name="now">The time.</param>
    /// <param name="until">Until when the lease holds.</param>
    /// <returns>Whole seconds; 0 when no lifetime is short enough.</returns>
    public static uint Seconds(TimeSpan now, TimeSpan until) => until - now - KernelSlack is var left && left >= TimeSpan.FromSeconds(1) ? (uint)left.TotalSeconds : 0;

    /// <summary>When to look again: when a lifetime of whole seconds comes closest to the lease's end.</summary>
    /// <param name="now">The time.</param>
    /// <param name="until">Until when the lease holds.</param>
    /// <returns>How long from now; 1 s at most.</returns>
    public static TimeSpan NextFit(TimeSpan now, TimeSpan until)
    {
        var second = TimeSpan.FromSeconds(1);
        var left = until - now - KernelSlack - Early;
        return left > TimeSpan.Zero && left.Ticks % second.Ticks is var part and > 0 ? TimeSpan.FromTicks(part) : second;
    }

    /// <summary>Why the lease's times do not do for an address with a lifetime; null when they do.</summary>
    public static string? Problem(MooringSettings settings)
    {
        var seconds = Seconds(TimeSpan.Zero, settings.LeaseDuration - settings.LeaseMargin);
        return seconds >= (settings.LeaseRenewInterval + settings.LeaseMargin).TotalSeconds ? null
            : "mooring.vip.lease: with vip.mode = linux the kernel holds the address for whole seconds: duration - margin - 350ms, rounded down to seconds, "
            + "must be at least renew-interval + margin";
    }
}
