using System.Net;
using Mooring.Actors;
using Mooring.StorageNode.Configuration;
using Mooring.StorageNode.Vip.Linux;

namespace Mooring.Tests.Pure;

/// <summary>What is said with the kernel and on the link, against bytes that Linux itself has sent; and the times.</summary>
public class LinuxAddressTests
{
    private static readonly IPAddress Ip4 = IPAddress.Parse("10.213.0.1"), Ip6 = IPAddress.Parse("fd00:213::1");
    private static readonly MacAddress Asker = MacAddress.Read(Convert.FromHexString("e6befd22a484")), Owner = MacAddress.Read(Convert.FromHexString("3e2ad6f320a2"));

    private static readonly byte[] KernelsRequest = Convert.FromHexString("ffffffffffffe6befd22a48408060001080006040001e6befd22a4840ad5000b0000000000000ad50001");
    private static readonly byte[] KernelsReply = Convert.FromHexString("e6befd22a4843e2ad6f320a2080600010800060400023e2ad6f320a20ad50001e6befd22a4840ad5000b");

    private static readonly byte[] KernelsSolicitation = Convert.FromHexString(
        "3333ff000001e6befd22a48486dd6000000000203afffd000213000000000000000000000011ff0200000000000000000001ff0000018700f2fd00000000"
        + "fd0002130000000000000000000000010101e6befd22a484");

    private static readonly byte[] KernelsAdvertisement = Convert.FromHexString(
        "e6befd22a4843e2ad6f320a286dd6000000000203afffd000213000000000000000000000001fd0002130000000000000000000000118800e29460000000"
        + "fd00021300000000000000000000000102013e2ad6f320a2");

    private static readonly byte[] KernelsProbe = Convert.FromHexString(
        "3333ff000055a2928401150986dd6000000000203aff00000000000000000000000000000000ff0200000000000000000001ff0000558700d2ea00000000"
        + "fd0002130000000000000000000000550e01b54da53e3f6a");

    private static readonly MooringSettings Settings = Load().Settings;

    [Fact]
    public void What_Linux_says_about_an_address_is_understood()
    {
        Assert.Equal(new Heard(Saying.Question, Asker), NeighbourFrames.Read(KernelsRequest, Ip4));
        Assert.Equal(new Heard(Saying.Claim, Owner), NeighbourFrames.Read(KernelsReply, Ip4));
        Assert.Equal(new Heard(Saying.Question, Asker), NeighbourFrames.Read(KernelsSolicitation, Ip6));
        Assert.Equal(new Heard(Saying.Claim, Owner), NeighbourFrames.Read(KernelsAdvertisement, Ip6));
        Assert.Equal(
            new Heard(Saying.Probe, MacAddress.Read(Convert.FromHexString("a29284011509"))), NeighbourFrames.Read(KernelsProbe, IPAddress.Parse("fd00:213::55")));
        // Who asks says where the asker is, too.
        Assert.Equal(new Heard(Saying.Claim, Asker), NeighbourFrames.Read(KernelsRequest, IPAddress.Parse("10.213.0.11")));
    }

    [Fact]
    public void What_is_said_about_other_addresses_is_passed_over()
    {
        Assert.Null(NeighbourFrames.Read(KernelsRequest, IPAddress.Parse("10.213.0.2")));
        Assert.Null(NeighbourFrames.Read(KernelsReply, IPAddress.Parse("10.213.0.2")));
        Assert.Null(NeighbourFrames.Read(KernelsAdvertisement, IPAddress.Parse("fd00:213::2")));
        Assert.Null(NeighbourFrames.Read(KernelsAdvertisement, Ip4));
        Assert.Null(NeighbourFrames.Read(KernelsRequest, Ip6));
    }

    [Fact]
    public void A_frame_that_is_cut_off_or_passed_on_by_a_router_says_nothing()
    {
        foreach (var frame in new[] { KernelsRequest, KernelsReply, KernelsSolicitation[..78], KernelsAdvertisement[..78] })
        {
            for (var length = 0; length < frame.Length; length++)
            {
                Assert.Null(NeighbourFrames.Read(frame.AsSpan(0, length), Ip4));
                Assert.Null(NeighbourFrames.Read(frame.AsSpan(0, length), Ip6));
            }
        }
        var routed = KernelsAdvertisement.ToArray();
        routed[21] = 254;
        Assert.Null(NeighbourFrames.Read(routed, Ip6));
        // An option of length 0 ends nothing and is not gone round for ever; the frame's sender counts then.
        var endless = KernelsAdvertisement.ToArray();
        endless[79] = 0;
        Assert.Equal(new Heard(Saying.Claim, Owner), NeighbourFrames.Read(endless, Ip6));
    }

    [Theory]
    [InlineData(nameof(KernelsSolicitation))]
    [InlineData(nameof(KernelsAdvertisement))]
    [InlineData(nameof(KernelsProbe))]
    public void The_checksum_is_that_of_Linux(string name)
    {
        var frame = name switch
        {
            nameof(KernelsSolicitation) => KernelsSolicitation,
            nameof(KernelsAdvertisement) => KernelsAdvertisement,
            _ => KernelsProbe,
        };
        var message = frame[54..];
        (message[2], message[3]) = (0, 0);

        Assert.Equal((frame[56] << 8) | frame[57], NeighbourFrames.Checksum(frame.AsSpan(22, 16), frame.AsSpan(38, 16), message));
    }

    [Fact]
    public void An_address_of_IPv4_is_announced_as_request_and_as_reply()
    {
        var frames = NeighbourFrames.Announcement(Ip4, Owner).Select(Convert.ToHexStringLower);

        Assert.Equal(
            [
                "ffffffffffff3e2ad6f320a2" + "0806" + "0001080006040001" + "3e2ad6f320a20ad50001" + "0000000000000ad50001",
                "ffffffffffff3e2ad6f320a2" + "0806" + "0001080006040002" + "3e2ad6f320a20ad50001" + "3e2ad6f320a20ad50001",
            ],
            frames);
    }

    [Fact]
    public void An_address_of_IPv6_is_announced_to_all_nodes_and_overrides_what_they_know()
    {
        var frame = Assert.Single(NeighbourFrames.Announcement(Ip6, Owner));

        // To ff02::1, hop limit 255, flag "override", with the owner's address as target option.
        Assert.StartsWith(
            "3333000000013e2ad6f320a2" + "86dd" + "6000000000203aff" + "fd000213000000000000000000000001" + "ff020000000000000000000000000001" + "8800",
            Convert.ToHexStringLower(frame), StringComparison.Ordinal);
        Assert.EndsWith("20000000" + "fd000213000000000000000000000001" + "02013e2ad6f320a2", Convert.ToHexStringLower(frame), StringComparison.Ordinal);
        Assert.Equal(new Heard(Saying.Claim, Owner), NeighbourFrames.Read(frame, Ip6));
    }

    [Fact]
    public void A_probe_does_not_claim_the_address()
    {
        Assert.Equal(
            "ffffffffffff3e2ad6f320a2" + "0806" + "0001080006040001" + "3e2ad6f320a200000000" + "0000000000000ad50001",
            Convert.ToHexStringLower(NeighbourFrames.Probe(Ip4, Owner)));
        // As Linux's own, but for the nonce.
        var probe = NeighbourFrames.Probe(IPAddress.Parse("fd00:213::55"), MacAddress.Read(Convert.FromHexString("a29284011509")));
        Assert.Equal(KernelsProbe[..18], probe[..18]);
        Assert.Equal(KernelsProbe[20..56], probe[20..56]);
        Assert.Equal(KernelsProbe[58..78], probe[58..]);
        Assert.Equal(new Heard(Saying.Probe, Owner), NeighbourFrames.Read(NeighbourFrames.Probe(Ip4, Owner), Ip4));
    }

    [Fact]
    public void An_address_is_put_on_with_a_lifetime()
    {
        // Header, ifaddrmsg, IFA_LOCAL, IFA_ADDRESS, IFA_FLAGS (nodad, noprefixroute), IFA_CACHEINFO (preferred, valid, 0, 0).
        Assert.Equal(
            "4400000014000505" + "0700000000000000" + "0220000003000000" + "080002000ad50001" + "080001000ad50001" + "0800080002020000"
            + "14000600" + "02000000" + "02000000" + "0000000000000000",
            Convert.ToHexStringLower(RouteMessages.Put(7, new InterfaceAddress(3, Ip4, 32), 2)));
        // No connection begins from an address of IPv6 that is preferred for no time.
        Assert.Equal(
            "5c00000014000505" + "0700000000000000" + "0a80000003000000" + "14000200fd000213000000000000000000000001" + "14000100fd000213000000000000000000000001"
            + "0800080002020000" + "14000600" + "00000000" + "02000000" + "0000000000000000",
            Convert.ToHexStringLower(RouteMessages.Put(7, new InterfaceAddress(3, Ip6, 128), 2)));
        Assert.Equal(
            "2800000015000500" + "0800000000000000" + "0220000003000000" + "080002000ad50001" + "080001000ad50001",
            Convert.ToHexStringLower(RouteMessages.Remove(8, new InterfaceAddress(3, Ip4, 32))));
    }

    [Fact]
    public void The_addresses_of_the_host_are_read()
    {
        var answer = Convert.FromHexString(
            "4c00000014000200070000003c7a0000020880fe01000000080001007f000001080002007f000001070003006c6f0000080008008000000014000600ffffffffffffffff75807c0075807c00"
            + "5000000014000200070000003c7a00000218800002000000080001000ad5000b080002000ad5000b090003006574683000000000080008008000000014000600ffffffffffffffff77807c0077807c00");

        Assert.Equal(
            [new InterfaceAddress(1, IPAddress.Loopback, 8), new InterfaceAddress(2, IPAddress.Parse("10.213.0.11"), 24)],
            Netlink.Read(answer).Select(RouteMessages.ReadAddress).OfType<InterfaceAddress>());
        for (var length = 0; length < answer.Length; length++)
            Assert.True(Netlink.Read(answer.AsMemory(0, length)).Count < 2);
    }

    [Fact]
    public void The_interface_is_found_by_the_route()
    {
        var direct = Convert.FromHexString(
            "6800000018000000070000003c7a000002200000fe0000010002000008000f00fe000000080001000ad500640800040002000000080007000ad5000b0800190000000000"
            + "24000c000200000000000000000000000000000000000000000000000000000000000000");
        Assert.Equal(new FoundRoute(2, IsLocal: false, IsDirect: true), Assert.Single(Netlink.Read(direct).Select(RouteMessages.ReadRoute)));

        // With RTA_GATEWAY in place of RTA_PREFSRC it is behind a router; and with type 2 it is this host's own.
        var behind = direct.ToArray();
        behind[54] = 5;
        Assert.False(Netlink.Read(behind).Select(RouteMessages.ReadRoute).Single()!.Value.IsDirect);
        var own = direct.ToArray();
        own[23] = 2;
        Assert.True(Netlink.Read(own).Select(RouteMessages.ReadRoute).Single()!.Value.IsLocal);
    }

    [Fact]
    public void An_address_never_outlasts_the_lease_wherever_in_it_the_lifetime_is_set()
    {
        var until = TimeSpan.FromHours(5) + Settings.LeaseDuration;
        for (var now = until - Settings.LeaseDuration; now < until + TimeSpan.FromSeconds(1); now += TimeSpan.FromMilliseconds(1))
        {
            var seconds = AddressLifetime.Seconds(now, until);
            Assert.True(seconds == 0 || now + TimeSpan.FromSeconds(seconds) + AddressLifetime.KernelSlack <= until, $"{seconds} s set {until - now} before the end");
        }
    }

    [Fact]
    public void A_renewal_that_is_late_does_not_cost_the_address_before_the_lease_is_nearly_over()
    {
        var until = TimeSpan.FromHours(5) + Settings.LeaseDuration;
        var (now, life) = (until - Settings.LeaseDuration + TimeSpan.FromMilliseconds(5), TimeSpan.Zero);
        // Nothing is renewed after this; whoever wakes as told, and up to 15 ms late, finds the address there.
        while (AddressLifetime.Seconds(now, until) is > 0 and var seconds)
        {
            var end = now + TimeSpan.FromSeconds(seconds);
            Assert.True(life == TimeSpan.Zero || now <= life, $"the address was away until {until - now} before the end");
            life = end > life ? end : life;
            now += AddressLifetime.NextFit(now, until) + TimeSpan.FromMilliseconds(15);
        }

        Assert.InRange(until - life, AddressLifetime.KernelSlack, AddressLifetime.KernelSlack + TimeSpan.FromMilliseconds(20));
    }

    [Fact]
    public void The_shipped_lease_leaves_room_for_a_renewal()
    {
        Assert.Null(AddressLifetime.Problem(Settings));
        Assert.Equal(2u, AddressLifetime.Seconds(TimeSpan.Zero, Settings.LeaseDuration - Settings.LeaseMargin));
    }

    [Theory]
    [InlineData("vip.lease.duration=1500ms")]
    [InlineData("vip.lease.renew-interval=2s")]
    public void A_lease_that_is_too_short_for_whole_seconds_is_refused(string setting) =>
        Assert.Contains("mooring.vip.lease", Assert.Throws<Akka.Configuration.ConfigurationException>(() => Load("vip.mode=linux", setting)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0.0, 2, 4)]
    [InlineData(1.0, 5, 7)]
    public void A_first_start_probes_as_RFC_5227_has_it(double chance, int last, int end)
    {
        var plan = AddressPlan.First(() => chance);

        Assert.Equal(3, plan.Times.Count);
        Assert.Equal((TimeSpan.FromSeconds(last), TimeSpan.FromSeconds(end)), (plan.Times[^1], plan.End));
    }

    [Fact]
    public void The_connections_of_the_address_are_told_from_those_of_others()
    {
        var local = new IPEndPoint(Ip4, 8470);
        var list = SocketMessages.List(9, local);
        // SOCK_DIAG_BY_FAMILY, REQUEST | DUMP; AF_INET, TCP; all states but listening and waiting; source port 8470.
        Assert.Equal("4800000014000103" + "0900000000000000" + "02060000" + "bf0b0000" + "2116" + "0000", Convert.ToHexStringLower(list.AsSpan(0, 28)));

        // inet_diag_msg: family, state, timer, retransmissions; then ports, addresses, interface, cookie.
        var id = Convert.FromHexString("2116d431" + "0ad50001" + new string('0', 24) + "0ad5000b" + new string('0', 24) + "00000000" + "1122334455667788");
        NetlinkPart Answer(byte family) => new(20, 9, (byte[])[family, 1, 0, 0, .. id, .. new byte[20]]);

        Assert.Equal(id, SocketMessages.ReadId(Answer(2), Ip4)!.Value.ToArray());
        Assert.Null(SocketMessages.ReadId(Answer(2), IPAddress.Parse("10.213.0.2")));
        Assert.Null(SocketMessages.ReadId(Answer(10), Ip4));
        Assert.Equal(
            "4800000015000500" + "0a00000000000000" + "02060000" + "ffffffff" + Convert.ToHexStringLower(id),
            Convert.ToHexStringLower(SocketMessages.End(10, Ip4, id)));
    }

    private static NodeConfiguration Load(params string[] settings) => NodeConfiguration.Load(null, settings, new Dictionary<string, string>());
}
