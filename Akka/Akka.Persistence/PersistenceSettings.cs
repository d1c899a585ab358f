using Akka.Actor;
using Akka.Configuration;

namespace Akka.Persistence;

/// <summary>Settings below <c>akka.persistence</c>.</summary>
public sealed class PersistenceSettings : Settings
{
    /// <summary>Reads the settings from the <c>akka.persistence</c> section.</summary>
    public PersistenceSettings(ActorSystem system, Config config)
        : base(system, config)
    {
        AtLeastOnceDelivery = new AtLeastOnceDeliverySettings(config);
        Internal = new InternalSettings(config);
    }

    /// <summary>Defaults of at-least-once delivery.</summary>
    public AtLeastOnceDeliverySettings AtLeastOnceDelivery { get; set; }

    /// <summary>Switches for tests.</summary>
    public InternalSettings Internal { get; }

    /// <summary>Redelivery interval and bounds of at-least-once delivery.</summary>
    public sealed class AtLeastOnceDeliverySettings
    {
        /// <summary>Takes the settings as they are.</summary>
        public AtLeastOnceDeliverySettings(
            TimeSpan redeliverInterval,
            int redeliveryBurstLimit,
            int warnAfterNumberOfUnconfirmedAttempts,
            int maxUnconfirmedMessages)
        {
            RedeliverInterval = redeliverInterval;
            RedeliveryBurstLimit = redeliveryBurstLimit;
            WarnAfterNumberOfUnconfirmedAttempts = warnAfterNumberOfUnconfirmedAttempts;
            MaxUnconfirmedMessages = maxUnconfirmedMessages;
        }

        /// <summary>Reads them from <c>at-least-once-delivery</c> of the persistence section.</summary>
        public AtLeastOnceDeliverySettings(Config config)
            : this(
                config.GetTimeSpan("at-least-once-delivery.redeliver-interval"),
                config.GetInt("at-least-once-delivery.redelivery-burst-limit"),
                config.GetInt("at-least-once-delivery.warn-after-number-of-unconfirmed-attempts"),
                config.GetInt("at-least-once-delivery.max-unconfirmed-messages"))
        {
        }

        /// <summary>Time between two deliveries of an unconfirmed message.</summary>
        public TimeSpan RedeliverInterval { get; }

        /// <summary>Bound of unconfirmed messages held in memory.</summary>
        public int MaxUnconfirmedMessages { get; }

        /// <summary>Attempts after which the actor gets an <see cref="UnconfirmedWarning"/>.</summary>
        public int WarnAfterNumberOfUnconfirmedAttempts { get; }

        /// <summary>Bound of messages sent again in one redelivery round.</summary>
        public int RedeliveryBurstLimit { get; }

        /// <summary>A copy with another interval.</summary>
        public AtLeastOnceDeliverySettings WithRedeliverInterval(TimeSpan redeliverInterval) =>
            new(redeliverInterval, RedeliveryBurstLimit, WarnAfterNumberOfUnconfirmedAttempts, MaxUnconfirmedMessages);

        /// <summary>A copy with another bound of unconfirmed messages.</summary>
        public AtLeastOnceDeliverySettings WithMaxUnconfirmedMessages(int maxUnconfirmedMessages) =>
            new(RedeliverInterval, RedeliveryBurstLimit, WarnAfterNumberOfUnconfirmedAttempts, maxUnconfirmedMessages);

        /// <summary>A copy with another burst limit.</summary>
        public AtLeastOnceDeliverySettings WithRedeliveryBurstLimit(int redeliveryBurstLimit) =>
            new(RedeliverInterval, redeliveryBurstLimit, WarnAfterNumberOfUnconfirmedAttempts, MaxUnconfirmedMessages);

        /// <summary>A copy with another number of attempts before the warning.</summary>
        public AtLeastOnceDeliverySettings WithUnconfirmedAttemptsToWarn(int unconfirmedAttemptsToWarn) =>
            new(RedeliverInterval, RedeliveryBurstLimit, unconfirmedAttemptsToWarn, MaxUnconfirmedMessages);
    }

    /// <summary>Switches that tests use to see plugin commands on the event stream.</summary>
    public sealed class InternalSettings
    {
        /// <summary>Reads the switches from the persistence section.</summary>
        public InternalSettings(Config config)
        {
            PublishPluginCommands = config.GetBoolean("publish-plugin-commands");
            PublishConfirmations = config.GetBoolean("publish-confirmations");
        }

        /// <summary>Whether plugins publish the commands they have executed.</summary>
        public bool PublishPluginCommands { get; }

        /// <summary>Whether confirmations are published.</summary>
        public bool PublishConfirmations { get; }
    }
}
