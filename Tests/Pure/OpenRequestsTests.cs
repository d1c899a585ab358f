using Mooring.Actors.Requests;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Pure;

public class OpenRequestsTests
{
    private static readonly VolumeId One = VolumeId.Parse("rbd/one");
    private static readonly VolumeId Two = VolumeId.Parse("rbd/two");

    private readonly OpenRequests _open = new();

    [Fact]
    public void Without_open_requests_everything_so_far_is_recorded() => Assert.Equal(5, _open.RecordedBefore(One, next: 5));

    [Fact]
    public void The_first_open_request_of_a_volume_is_the_bound()
    {
        foreach (var sequence in (long[])[3, 1, 2])
            _open.Add(Entry(sequence, One));
        _open.Remove(Entry(1, One));

        Assert.Equal(2, _open.RecordedBefore(One, next: 4));
    }

    [Fact]
    public void A_later_request_that_ends_first_does_not_move_the_bound()
    {
        _open.Add(Entry(1, One));
        _open.Add(Entry(2, One));
        _open.Remove(Entry(2, One));

        Assert.Equal(1, _open.RecordedBefore(One, next: 3));
    }

    [Fact]
    public void Requests_of_other_volumes_do_not_matter()
    {
        _open.Add(Entry(1, One));

        Assert.Equal(2, _open.RecordedBefore(Two, next: 2));
    }

    [Fact]
    public void What_has_ended_leaves_nothing_behind()
    {
        _open.Add(Entry(1, One));
        _open.Remove(Entry(1, One));
        _open.Remove(Entry(1, One));

        Assert.Equal(2, _open.RecordedBefore(One, next: 2));
    }

    private static OperationEntry Entry(long sequence, VolumeId volume) => new(
        sequence, OperationId.For(new RequestId($"r{sequence}")), new RequestId($"r{sequence}"), new DeleteVolume(volume), null, default, null, false, null);
}
