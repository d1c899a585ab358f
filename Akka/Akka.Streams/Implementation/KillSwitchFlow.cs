namespace Akka.Streams.Implementation;

/// <summary>The place of a kill switch in a stream.</summary>
internal sealed class KillSwitchFlow<T> : IGraph<FlowShape<T, T>, UniqueKillSwitch>, IFlowBlueprint<T, T, UniqueKillSwitch>
{
    object IGraph<FlowShape<T, T>>.Blueprint => this;

    public UniqueKillSwitch Build(StreamRun run, Feed<T> feed, out Feed<T> behind)
    {
        var place = new Place(feed);
        behind = place;
        return new UniqueKillSwitch(() => run.Post(place.Cancel), run.PostFailure);
    }

    private sealed class Place(Feed<T> feed) : Feed<T>
    {
        private bool _ended;

        public override Polled Poll(out T element) => _ended ? Nothing(Polled.End, out element) : feed.Poll(out element);

        public override void Cancel()
        {
            _ended = true;
            feed.Cancel();
        }
    }
}
