using Mooring.Actors.Nodes;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Actors;

/// <content>How long results are kept.</content>
public sealed partial class VolumeActorSpec
{
    [Fact]
    public void A_result_that_the_owner_has_recorded_is_let_go()
    {
        var volume = Start();
        Carry(volume, Create with { Sequence = 1 }, NameIsFree);
        _owner.Send(volume, new OutcomeRecorded(Name, Before: 2));
        _owner.Send(volume, Create with { Sequence = 2 });

        // The same id in a new request, which the owner accepts only when it has forgotten the old one.
        _dispatcher.ExpectMsg<RequestWorker>(r => r.Observe is not null);
    }

    [Fact]
    public void Results_that_are_not_recorded_are_kept_and_a_request_beyond_them_waits()
    {
        Services = Services with { Settings = Settings with { VolumeResultsMax = 2 } };
        var volume = Start();
        var created = Carry(volume, Create with { Sequence = 1 }, NameIsFree);
        Carry(volume, Delete with { Sequence = 2 }, new VolumeObservation("i", null, null));
        _owner.Send(volume, new ExecuteOperation(Id("next"), new CreateVolume(Name, 20)) { Sequence = 3 });
        _owner.Send(volume, Create with { Sequence = 1 });
        AssertSame(created, _owner.ExpectMsg<OperationEnded>());
        Assert.False(_dispatcher.HasMessages);

        _owner.Send(volume, new OutcomeRecorded(Name, Before: 2));
        Assert.Equal(Id("next"), _dispatcher.ExpectMsg<RequestWorker>().Operation);
    }

    [Fact]
    public void A_request_that_says_what_is_recorded_makes_room_for_itself()
    {
        Services = Services with { Settings = Settings with { VolumeResultsMax = 1 } };
        var volume = Start();
        Carry(volume, Create with { Sequence = 1 }, NameIsFree);
        _owner.Send(volume, Delete with { Sequence = 2, RecordedBefore = 2 });

        Assert.Equal(Delete.Operation, _dispatcher.ExpectMsg<RequestWorker>().Operation);
    }

    [Fact]
    public void The_first_open_request_begins_in_a_full_volume_as_soon_as_it_is_the_first()
    {
        Services = Services with { Settings = Settings with { VolumeResultsMax = 1 } };
        var volume = Start();
        Carry(volume, Create with { Sequence = 8 }, NameIsFree);
        _owner.Send(volume, Delete with { Sequence = 7, RecordedBefore = 6 });
        _owner.Send(volume, new OutcomeRecorded(Name, Before: 7));

        Assert.Equal(Delete.Operation, _dispatcher.ExpectMsg<RequestWorker>().Operation);
    }

    [Fact]
    public void What_waits_for_room_goes_before_the_request_that_makes_it()
    {
        Services = Services with { Settings = Settings with { VolumeResultsMax = 1 } };
        var volume = Start();
        Carry(volume, Create with { Sequence = 1 }, NameIsFree);
        _owner.Send(volume, Delete with { Sequence = 2 });
        _owner.Send(volume, new ExecuteOperation(Id("next"), new CreateVolume(Name, 20)) { Sequence = 3, RecordedBefore = 2 });

        Assert.Equal(Delete.Operation, _dispatcher.ExpectMsg<RequestWorker>().Operation);
    }

    [Fact]
    public void What_waited_for_room_is_refused_when_there_is_room_and_the_volume_is_still_read()
    {
        Services = Services with { Settings = Settings with { VolumeResultsMax = 1 } };
        var volume = Start();
        Carry(volume, Create with { Sequence = 1 }, NameIsFree);
        _region.Send(volume, new HoldSource(Name, Id("reader"), Source));
        _region.ExpectMsg<SourceHoldAnswered>(a => a.Granted);
        _owner.Send(volume, Delete with { Sequence = 2 });
        _owner.Send(volume, Delete with { Sequence = 2, RecordedBefore = 2 });
        _owner.Send(volume, Delete with { Sequence = 2, RecordedBefore = 2 });

        Assert.Equal(ErrorKind.Busy, _owner.ExpectMsg<OperationEnded>().Outcome.Error!.Kind);
    }

    [Fact]
    public void A_request_that_comes_after_its_result_was_recorded_does_not_begin()
    {
        Services = Services with { Settings = Settings with { VolumeSnapshotEvery = 1 } };
        var volume = Start();
        Carry(volume, Create with { Sequence = 1 }, NameIsFree);
        _owner.Send(volume, new OutcomeRecorded(Name, Before: 2));
        Carry(volume, Delete with { Sequence = 2 }, new VolumeObservation("i", null, null));
        StopAndWait(volume);
        volume = Start();

        _owner.Send(volume, Create with { Sequence = 1 });
        _owner.Send(volume, new ExecuteOperation(Id("next"), new CreateVolume(Name, 20)) { Sequence = 3 });
        Assert.Equal(Id("next"), _dispatcher.ExpectMsg<RequestWorker>().Operation);
    }
}
