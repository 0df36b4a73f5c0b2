namespace Grafting.Core.Models.Towers;

/// <summary>What every family's configuration is asked for in the same way.</summary>
static class TowerFields
{
    /// <exception cref="GraftException">Of kind Input when the tower reads other channels than red, green and blue.</exception>
    public static void RequireColour(ConfigReader config)
    {
        if (config.Int("num_channels", TowerShape.Channels) is var channels and not TowerShape.Channels)
            throw Fault.Input($"{config.Source}: num_channels is {channels}; pictures here have {TowerShape.Channels}.");
    }
}
